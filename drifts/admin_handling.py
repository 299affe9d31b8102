"""Assigning, snoozing and reviewing in the admin: on the list and on a page of drifts, after a question each."""

from functools import partial
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from accounts.actors import actor_of
from drifts.decision_forms import seen_digest, seen_name
from drifts.handling_forms import HANDLINGS
from drifts.models import Drift
from driftsentry.api.admin import TenantAdmin


def handling_actions() -> dict[str, tuple[Any, str, str]]:
    """The actions of the list, as Django wants them."""
    return {
        name: (partial(_ask_or_handle, name=name), name, f"{handling.title}…") for name, handling in HANDLINGS.items()
    }


def offered(drift: Drift, user_id: UUID | None) -> list[tuple[str, str]]:
    """What a drift's page offers somebody, each with the words on its button.

    Args:
        drift: The drift.
        user_id: Who looks at it.
    """
    return [(name, handling.title) for name, handling in HANDLINGS.items() if handling.fits(drift, user_id)]


def _ask_or_handle(
    page: TenantAdmin, request: HttpRequest, queryset: QuerySet[Drift], *, name: str
) -> HttpResponse | None:
    """Ask what there is to say; once that is given, do it with each selected drift."""
    drifts = page.selection(request, queryset)
    if not drifts:
        return None
    handling = HANDLINGS[name]
    confirmed = "confirmed" in request.POST
    form = handling.form(request.POST if confirmed else None, drifts[0].account_id)
    if confirmed and form.is_valid():
        _handle(page, request, drifts, name=name, values=form.cleaned_data)
        return None
    context = {
        **page.admin_site.each_context(request),
        "title": handling.title,
        "explanation": handling.explanation,
        "action": name,
        "drifts": drifts,
        "seen": [(seen_name(one), seen_digest(one, request.POST)) for one in drifts],
        "form": form,
        "opts": Drift._meta,  # noqa: SLF001 - Django's documented way to a model's options
    }
    return TemplateResponse(request, "admin/drifts/drift/decide.html", context)


def _handle(page: TenantAdmin, request: HttpRequest, drifts: list[Drift], *, name: str, values: dict[str, Any]) -> None:
    """Each drift by itself: one with which it cannot be done does not stop the others."""
    handling = HANDLINGS[name]

    def act(drift: Drift) -> None:
        seen = {"difference_digest": seen_digest(drift, request.POST)} if handling.is_bound else {}
        handling.run(drift.account_id, drift.pk, **values, **seen, by=actor_of(request))

    done = page.for_each(request, drifts, act, called=attrgetter("resource_id"))
    if done:
        page.message_user(request, f"{handling.title}: done for {done}.", messages.SUCCESS)
