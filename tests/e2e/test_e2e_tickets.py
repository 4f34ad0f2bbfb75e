"""Links with tickets: signing in without a factor, and being somebody else for a while."""

from chromium import Visitor
from places import OpenVisitor, Person, Site, read_claims, sign_in_by_ticket, wait_for_session


def test_an_actor_token_signs_in_as_its_user_and_tokens_say_so(visitor: Visitor, site: Site, person: Person) -> None:
    operator = site.demo[0]
    ticket = site.make_ticket("actor_token", user_id=person.id, actor={"sub": operator.id}, expires_in_seconds=600)
    tab = sign_in_by_ticket(visitor, site, ticket)
    claims = read_claims(tab)
    assert (claims["sub"], claims["act"]) == (person.id, {"sub": operator.id})
    assert tab.fetch_json("/api/auth")[1]["sessionClaims"]["act"] == {"sub": operator.id}
    assert tab.evaluate("Clerk.session.actor.sub") == operator.id


def test_a_link_with_a_ticket_leads_to_the_page_that_is_named(visitor: Visitor, site: Site, person: Person) -> None:
    ticket = site.make_ticket("sign_in_token", user_id=person.id)
    link = f"{site.instance.url}/v1/tickets/accept?ticket={ticket}&redirect_url={site.url}/sign-in"
    tab = visitor.open_tab(link)
    wait_for_session(tab)
    assert read_claims(tab)["sub"] == person.id


def test_a_spent_ticket_signs_nobody_in_and_says_so(
    visitor: Visitor, open_visitor: OpenVisitor, site: Site, person: Person
) -> None:
    ticket = site.make_ticket("sign_in_token", user_id=person.id)
    sign_in_by_ticket(visitor, site, ticket)
    tab = open_visitor().open_tab(f"{site.url}/sign-in?__clerk_ticket={ticket}")
    tab.wait_for(".cl-alertText")
    assert tab.evaluate("Clerk.session") is None
