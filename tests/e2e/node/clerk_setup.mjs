// What Clerk's guide says to do before the tests: fetches a testing token with the secret key.

import { clerkSetup } from "@clerk/testing/playwright";

export default async function setUp() {
  await clerkSetup({ dotenv: false });
}
