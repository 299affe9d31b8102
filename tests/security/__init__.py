"""Attacks, scripted: where each is tested. Files are of this folder, unless they begin with `tests/`.

- Ids, names and e-mails of another tenant, in paths, queries and bodies, by every role and key:
  `every_route/test_idor.py`; the generated laws: `tests/laws/test_tenancy.py`, `tests/laws/test_credentials.py`.
- Fields that nobody may set, bodies that are no JSON object, a field twice: `every_route/test_mass_assignment.py`.
- SQL, templates, format strings, hostile numbers, dates and texts: `every_route/test_injection.py`.
- Access tokens (alg none, wrong key, audience, issuer, type): `tests/accounts/test_access_tokens.py`; headers that
  choose the key, times, other tenants and people, API keys: `test_tokens.py`; `tests/accounts/test_signing_keys.py`.
- Refresh replay, and twenty refreshes at once: `tests/accounts/test_refresh.py`.
- Upwards: method override, spellings of a path, another site's credential, a role taken: `test_privilege.py`.
- The live stream: `test_websocket_attacks.py`.
- Who is known, by text and by time: `test_enumeration.py`, `test_login_timing.py`, `tests/accounts/test_login.py`.
- Lines of the log forged: `test_log_injection.py`. What the API's description promises: `test_schema.py`.
- Stored script, forged forms and framing in the admin: `test_admin.py`.
- Spoofed client address, scheme and host: `test_proxies.py`. Other origins: `test_cors.py`.
- Path tricks and smuggling: `test_paths.py`. Large and slow bodies: `test_bodies.py`. Headers: `test_headers.py`.
- Single sign-on: `tests/accounts/sso/test_attacks.py`.
- Rows of another tenant with the code's own scoping taken away: `tests/laws/test_walls.py`.
"""
