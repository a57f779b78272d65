"""Where the service is and how it is reached: address, key and proxy, each refused in one line if it cannot work."""

from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from urllib.request import getproxies, proxy_bypass

import httpx

from dawn_chorus.domain.errors import PermanentError

_EXAMPLE = "http://127.0.0.1:8000"
_PROXY_SCHEMES = ("http", "https")


def read_address(text: str) -> httpx.URL:
    """Return the service's base URL, without a slash at its end; raise PermanentError for one that cannot be used."""
    url = _parse_address(text)
    if url.scheme not in ("http", "https"):
        raise _bad_address(text, f"write it with http:// or https://, like {_EXAMPLE}")
    if not url.host or "%20" in url.host:
        raise _bad_address(text, f"it names no host; write it like {_EXAMPLE}")
    if url.port is not None and not 0 < url.port < 65536:
        raise _bad_address(text, "ports are between 1 and 65535")
    if url.query or url.fragment:
        raise _bad_address(text, "leave out what follows ? or #")
    path = url.path.rstrip("/")
    if path.endswith("/v1") or "/v1/" in path:
        raise _bad_address(text, "leave out /v1 and what follows it")
    return url.copy_with(path=path)


def _parse_address(text: str) -> httpx.URL:
    stripped = text.strip()
    if "://" not in stripped:
        like = f"http://{stripped}" if stripped and not any(char.isspace() for char in stripped) else _EXAMPLE
        raise _bad_address(text, f"write it with http:// or https://, like {like}")
    if any(char.isspace() for char in stripped):
        raise _bad_address(text, "it holds a space")
    try:
        return httpx.URL(stripped)
    except (httpx.InvalidURL, ValueError) as error:
        raise _bad_address(text, f"{error}; write it like {_EXAMPLE}") from error


def _bad_address(text: str, what: str) -> PermanentError:
    shown = text.encode("utf-8", "replace").decode()
    return PermanentError(f"the address {shown!r} (--url or CHORUS_URL) cannot be used: {what}")


def check_key(key: str) -> str:
    """Return the key; raise PermanentError if no service can have made it. The key itself is never shown."""
    advice = "give the one word that `chorus keys create NAME` printed, with --key or CHORUS_KEY"
    if not key.strip():
        raise PermanentError(f"the key is empty: {advice}")
    odd = next((char for char in key if not "!" <= char <= "~"), None)
    if odd is not None:
        names = {"\n": "a line break", "\r": "a line break", " ": "a space", "\t": "a tab"}
        raise PermanentError(f"the key holds {names.get(odd, 'a letter that no key has')}: {advice}")
    return key


def find_proxy(url: httpx.URL) -> httpx.Proxy | None:
    """Return the proxy that the environment names for this address; None: reached directly, as loopback always is.

    Only the variable for the address' own scheme is looked at: a broken one for another scheme is nobody's business.
    Raises PermanentError if the proxy cannot be used.
    """
    if is_this_machine(url.host) or _is_bypassed(url):
        return None
    proxies = getproxies()
    scheme = next((name for name in (url.scheme, "all") if proxies.get(name)), None)
    if scheme is None:
        return None
    return _read_proxy(proxies[scheme].strip(), f"{scheme.upper()}_PROXY", url.host)


def _read_proxy(text: str, variable: str, host: str) -> httpx.Proxy:
    advice = f"mend or unset the variable, or set NO_PROXY={host}"
    try:
        proxy = httpx.URL(text if "://" in text else f"http://{text}")
        if proxy.scheme.startswith("socks"):
            raise PermanentError(f"{variable} names a SOCKS proxy, which chorus cannot use: {advice}")
        if proxy.scheme not in _PROXY_SCHEMES or not proxy.host or "%20" in proxy.host:
            raise PermanentError(f"{variable} is not the address of an HTTP proxy: {advice}")
        return httpx.Proxy(proxy)
    except (httpx.InvalidURL, ValueError) as error:
        raise PermanentError(f"{variable} is not the address of an HTTP proxy ({error}): {advice}") from error


def is_this_machine(host: str) -> bool:
    """Return whether a host is loopback (or 0.0.0.0, which a service bound to all addresses prints)."""
    if host.rstrip(".").lower() == "localhost" or host.lower().endswith(".localhost"):
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _is_bypassed(url: httpx.URL) -> bool:
    """Return whether NO_PROXY names the host: by name, suffix, address, network or `*`."""
    port = url.port or {"http": 80, "https": 443}[url.scheme]
    if proxy_bypass(url.host) or proxy_bypass(f"{url.host}:{port}"):
        return True
    try:
        address = ip_address(url.host)
    except ValueError:
        return False
    return any(address in network for network in _networks(getproxies().get("no", "")))


def _networks(no_proxy: str) -> list[IPv4Network | IPv6Network]:
    networks = []
    for entry in no_proxy.split(","):
        try:
            networks.append(ip_network(entry.strip(), strict=False))
        except ValueError:
            continue
    return networks
