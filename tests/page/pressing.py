"""How somebody gets along by keyboard, and buttons that are pressed again before the service has answered."""

from playwright.sync_api import Locator, Page, Route, expect


def press_twice(page: Page, button: Locator, url: str, method: str = "POST") -> None:
    """Press twice, the request being held back meanwhile; require that there is no second one, and let it go on."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        if route.request.method == method:
            held.append(route)
        else:
            route.fallback()

    page.route(url, hold)
    # By the method too: what is shown is asked for at the same address.
    with page.expect_event("request", lambda request: request.method == method):
        button.dblclick()
    expect(button).to_have_attribute("aria-disabled", "true")
    expect(button).to_be_focused()
    assert len(held) == 1
    held[0].continue_()
    page.unroute(url, hold)


def tab_to(page: Page, control: Locator) -> None:
    """Press Tab until it has the focus."""
    expect(control).to_be_enabled()
    for _ in range(80):
        if control.evaluate("control => control === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError("Tab does not lead there")
