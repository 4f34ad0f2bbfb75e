"""What guards an account asks again who one is, and the claim `fva` tells that it was asked."""

from chromium import Visitor
from places import CONTINUE, PASSWORD_FIELD, Person, Site, come_back, read_claims, read_fresh_claims

NEW_PASSWORD = "another-long-and-quiet-password"
DIALOG = ".cl-modalContent"


def test_a_change_of_password_asks_for_the_password_and_fva_moves(
    visitor: Visitor, other_site: Site, person_of_other: Person
) -> None:
    with other_site.changed_settings("authentication", reverification=True):
        tab = come_back(visitor, other_site, person_of_other, "/user")
        assert read_claims(tab)["fva"] == [-1, -1], "a ticket is no factor"
        tab.click('role=button[name="Security"]')
        tab.click("text=Update password")
        tab.fill('input[name="newPassword"]', NEW_PASSWORD)
        tab.fill('input[name="confirmPassword"]', NEW_PASSWORD)
        tab.wait_for("text=Passwords match")  # what the form says of them moves its button
        tab.click(CONTINUE)
        tab.wait_for(f"{DIALOG} >> text=Verification required")
        visitor.wait_for_answers("/me/change_password", 403)
        tab.fill(f"{DIALOG} {PASSWORD_FIELD}", person_of_other.password)
        tab.click(f"{DIALOG} {CONTINUE}")
        visitor.wait_for_answers("/me/change_password", 403, 200)
        assert read_fresh_claims(tab)["fva"] == [0, -1]
