"""Sign-in through a provider of OpenID Connect; imported only where the settings have `[oidc]`."""
