"""The admin site: its log-in is the API's, second factor included, and its sessions are sessions like any other."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import admin
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, URLResolver, path, reverse
from django.views.generic import FormView

from accounts import actions
from accounts.actions.admin_sessions import is_live
from accounts.actions.codes import second_factor_state
from accounts.actors import actor_of, user_of
from driftsentry.admin_forms import SECOND_FACTOR_FORMS, Asking, LoginForm, PasswordForm
from driftsentry.api.errors import ApiError

SESSION = "driftsentry_session"
"""Where a browser's session keeps the id of the session that was opened for it."""


class AdminLoginView(LoginView):
    """Django's log-in view (it rotates the browser's session), told which session was opened."""

    form_class = LoginForm  # type: ignore[assignment] # Django's view asks no more of it than what it has
    template_name = "admin/login.html"
    next_page = "admin:index"

    def form_valid(self, form: Any) -> HttpResponse:
        """Let them in.

        Args:
            form: Has opened a session.
        """
        answer = super().form_valid(form)
        self.request.session[SESSION] = str(form.signed_in.session_id)
        return answer

    def form_invalid(self, form: Any) -> HttpResponse:
        """Say why not; too many tries answer 429, as they do over the API.

        Args:
            form: Holds the refusal.
        """
        answer = super().form_invalid(form)
        wait = getattr(form.refusal, "wait", None)
        if wait is not None:
            answer.status_code = form.refusal.status_code
            answer["Retry-After"] = str(int(wait) + 1)
        return answer


class AdminPasswordView(FormView):  # type: ignore[type-arg] # not subscriptable at run time
    """One's own password; the change ends every session but this one."""

    form_class = PasswordForm
    template_name = "registration/password_change_form.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        """Tell the form who asks."""
        return {**super().get_form_kwargs(), "asking": _asking(self.request)}

    def form_valid(self, form: PasswordForm) -> HttpResponse:
        """Stay: Django ends a browser's session with its password, and this one has just shown the new one.

        Args:
            form: Has changed it.
        """
        user = form.asking.user
        user.refresh_from_db(fields=["password"])
        update_session_auth_hash(self.request, user)
        return HttpResponseRedirect(reverse("admin:password_change_done"))


class DriftSentryAdminSite(admin.AdminSite):
    """The admin for those whose session was opened by our log-in, and still holds."""

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether an active admin asks, in a session that still holds: asked of the database at each request.

        Args:
            request: Any.
        """
        if not super().has_permission(request):
            return False
        held: bool | None = getattr(request, "admin_session_holds", None)
        if held is None:
            session_id = _session_id(request)
            held = session_id is not None and is_live(session_id, user_of(request).pk)
            request.admin_session_holds = held  # type: ignore[attr-defined] # for the rest of this request
        return held

    def get_urls(self) -> list[Any]:
        """Django's pages, and one for one's own second factor."""
        ours: list[URLPattern | URLResolver] = [
            path("second-factor/", self.admin_view(self.second_factor), name="second_factor")
        ]
        return [*ours, *super().get_urls()]

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The log-in page.

        Args:
            request: Of anybody.
            extra_context: As Django's.
        """
        if request.method == "GET" and self.has_permission(request):
            return HttpResponseRedirect(reverse("admin:index"))
        context = {**self.each_context(request), "title": "Log in", "subtitle": None, **(extra_context or {})}
        if settings.SINGLE_SIGN_ON is not None:
            context |= {"sso_name": settings.SINGLE_SIGN_ON.name, "sso_next": _own_page(request.GET.get("next", ""))}
        return AdminLoginView.as_view(extra_context=context)(request)

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """End the session, here and in the journal.

        Args:
            request: Of anybody.
            extra_context: As Django's.
        """
        session_id = _session_id(request)
        if request.method == "POST" and request.user.is_authenticated and session_id:
            actions.log_out_of_admin(user_of(request), session_id, by=actor_of(request))
        return super().logout(request, extra_context)

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The page for one's own password.

        Args:
            request: Of an admin.
            extra_context: As Django's.
        """
        context = {**self.each_context(request), "title": "Password", **(extra_context or {})}
        return AdminPasswordView.as_view(extra_context=context)(request)

    def second_factor(self, request: HttpRequest) -> HttpResponse:
        """The page for one's own second factor. What is shown once is in the answer to its form, and kept nowhere.

        Args:
            request: Of an admin.
        """
        user = user_of(request)
        wanted = request.POST.get("do", "") if request.method == "POST" else ""
        forms: dict[str, Any] = {name: form(auto_id=f"{name}_%s") for name, form in SECOND_FACTOR_FORMS.items()}
        shown: dict[str, Any] = {}
        if wanted in forms:
            forms[wanted] = form = SECOND_FACTOR_FORMS[wanted](request.POST, auto_id=f"{wanted}_%s")
            if form.is_valid():
                try:
                    shown = form.run(_asking(request))
                    forms[wanted] = SECOND_FACTOR_FORMS[wanted](auto_id=f"{wanted}_%s")
                except ApiError as error:
                    form.add_error(None, error.message)
        context = {**self.each_context(request), "title": "Second factor", "forms": forms, "wanted": wanted}
        context |= {"state": second_factor_state(user.pk), **shown}
        return render(request, "admin/second_factor.html", context)


def _session_id(request: HttpRequest) -> UUID | None:
    kept = request.session.get(SESSION)
    return UUID(kept) if kept else None


def _asking(request: HttpRequest) -> Asking:
    return Asking(user_of(request), UUID(request.session[SESSION]), actor_of(request))


def _own_page(path: str) -> str:
    """Where single sign-on leads to: a page of the admin, or its first one."""
    index = reverse("admin:index")
    return path if path.startswith(index) else index
