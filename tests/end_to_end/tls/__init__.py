"""The service behind the Caddy of the profile `tls`, on a real Caddy with a local certificate."""
