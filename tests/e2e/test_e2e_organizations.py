"""Switching the active organization: the claim `o`, and every custom claim of `org`, follow."""

from chromium import Tab, Visitor
from places import CONTINUE, Person, Site, come_back, new_email, read_claims, sign_in

DIALOG = ".cl-modalContent"
ACME = "Acme Corporation"


def choose(tab: Tab, name: str) -> None:
    tab.click(f'role=button[name="{name}"]')


def test_switching_the_organization_changes_its_claims(visitor: Visitor, site: Site) -> None:
    ada = site.demo[0]
    tab = sign_in(visitor, site, ada)
    assert "o" not in read_claims(tab)

    choose(tab, f"{ACME} as org:admin")
    tab.wait_until("Clerk.organization?.name === 'Acme Corporation'")
    tab.wait_until("document.querySelector('#organization').textContent.endsWith('as org:admin')")
    claims = read_claims(tab)
    assert (claims["o"]["slg"], claims["o"]["rol"], claims["organizationName"]) == ("acme", "admin", ACME)
    _, told = tab.fetch_json("/api/auth")
    assert (told["orgId"], told["orgRole"], told["orgSlug"]) == (claims["o"]["id"], "org:admin", "acme")

    choose(tab, "Personal account")
    tab.wait_until("!Clerk.organization")
    claims = read_claims(tab)
    assert "o" not in claims
    assert claims["organizationName"] is None
    assert tab.fetch_json("/api/auth")[1].get("orgId") is None


def test_a_new_page_keeps_the_organization(visitor: Visitor, site: Site) -> None:
    grace = site.demo[1]
    tab = sign_in(visitor, site, grace)
    choose(tab, f"{ACME} as org:editor")
    tab.wait_until("Clerk.organization?.name === 'Acme Corporation'")
    tab.goto(f"{site.url}/token")
    assert ACME in tab.text('[data-claim="organizationName"]')
    assert '"rol":"editor"' in tab.text('[data-claim="o"]')


def test_who_is_a_member_of_none_is_offered_none(visitor: Visitor, site: Site) -> None:
    alan = site.demo[2]
    tab = sign_in(visitor, site, alan)
    tab.wait_for('role=button[name="Personal account"]')
    assert ACME not in tab.text("main")


def test_an_organization_is_made_and_somebody_invited(visitor: Visitor, site: Site, person: Person) -> None:
    tab = come_back(visitor, site, person)
    tab.click(".cl-organizationSwitcherTrigger")
    tab.click("text=Create organization")
    name, invited = f"Engines of {person.id[-6:]}", new_email()
    tab.fill(f'{DIALOG} input[name="name"]', name)
    tab.click(f"{DIALOG} {CONTINUE}")
    tab.wait_for(f"{DIALOG} .cl-tagInputContainer input")
    assert read_claims(tab)["organizationName"] == name
    assert read_claims(tab)["o"]["rol"] == "admin"

    tab.fill(f"{DIALOG} .cl-tagInputContainer input", invited)
    tab.call("press", f"{DIALOG} .cl-tagInputContainer input", "Enter")
    tab.click(f"{DIALOG} {CONTINUE}")
    tab.wait_for(f"{DIALOG} >> text=successfully sent")
    organization_id = read_claims(tab)["o"]["id"]
    pending = site.backend.get(f"/organizations/{organization_id}/invitations", params={"status": "pending"}).json()
    assert [(made["email_address"], made["role"]) for made in pending["data"]] == [(invited, "org:member")]
