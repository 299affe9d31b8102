"""Single sign-on over OpenID Connect, on django-allauth's code flow.

allauth gives the state, PKCE, the exchange of the code, and the table of who is known as whom (`SocialAccount`). What
it leaves out is here: the ID token's signature and nonce are always checked, every answer of the provider is bounded.
Nobody is let in by allauth itself: `accounts.actions.single_sign_on` does that.
"""
