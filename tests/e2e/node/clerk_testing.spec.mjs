// The unmodified @clerk/testing signs in and out of the Next.js example. Who, it is told by the environment.

import { clerk, setupClerkTestingToken } from "@clerk/testing/playwright";
import { expect, test } from "@playwright/test";

const { CLERK_API_URL, CLERK_TESTING_TOKEN, PERSON_EMAIL, PERSON_PASSWORD, PERSON_TICKET } = process.env;

async function open(page, path) {
  await setupClerkTestingToken({ page });
  await page.goto(path);
}

async function expectSignedIn(page) {
  await page.goto("/token");
  await expect(page.locator('[data-claim="primaryEmail"]')).toContainText(PERSON_EMAIL);
}

test("a password signs in, and signOut signs out", async ({ page }) => {
  await open(page, "/");
  await clerk.signIn({ page, signInParams: { strategy: "password", identifier: PERSON_EMAIL, password: PERSON_PASSWORD } });
  await expectSignedIn(page);
  await clerk.signOut({ page });
  await page.goto("/token");
  await expect(page).toHaveURL(/\/sign-in/);
});

test("a code signs in", async ({ page }) => {
  await open(page, "/");
  await clerk.signIn({ page, signInParams: { strategy: "email_code", identifier: PERSON_EMAIL } });
  await expectSignedIn(page);
});

test("a ticket signs in, once", async ({ page, browser }) => {
  const signInParams = { strategy: "ticket", ticket: PERSON_TICKET };
  await open(page, "/");
  await clerk.signIn({ page, signInParams });
  await expectSignedIn(page);
  const again = await (await browser.newContext()).newPage();
  await open(again, "/");
  await expect(clerk.signIn({ page: again, signInParams })).rejects.toThrow(/sign in/);
});

test("a wrong password is an error", async ({ page }) => {
  await open(page, "/");
  const signInParams = { strategy: "password", identifier: PERSON_EMAIL, password: "not-the-password" };
  await expect(clerk.signIn({ page, signInParams })).rejects.toThrow(/[Pp]assword/);
});

test("the testing token lifts the bot protection of a client", async ({ page }) => {
  await open(page, "/");
  await clerk.signIn({ page, signInParams: { strategy: "password", identifier: PERSON_EMAIL, password: PERSON_PASSWORD } });
  const bypasses = await page.evaluate(
    async ([api, token]) => {
      const browser = document.cookie.match(/__clerk_db_jwt=([^;]+)/)[1];
      const read = async (more) => {
        const answer = await fetch(`${api}/v1/client?__clerk_db_jwt=${browser}${more}`, { credentials: "include" });
        return (await answer.json()).response.captcha_bypass;
      };
      return [await read(""), await read(`&__clerk_testing_token=${token}`)];
    },
    [CLERK_API_URL, CLERK_TESTING_TOKEN],
  );
  expect(bypasses).toEqual([false, true]);
});
