// As an application's own: @clerk/testing is set up once, then its tests run in one browser, one after the other.

import { defineConfig } from "@playwright/test";

const { APPLICATION_URL, CHROMIUM, OUTPUT } = process.env;

export default defineConfig({
  testDir: import.meta.dirname,
  testMatch: "*.spec.mjs",
  outputDir: OUTPUT,
  globalSetup: "./clerk_setup.mjs",
  workers: 1,
  timeout: 30_000,
  use: {
    baseURL: APPLICATION_URL,
    actionTimeout: 10_000,
    launchOptions: { executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"] },
  },
});
