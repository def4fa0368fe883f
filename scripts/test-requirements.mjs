// Which test folders need more than the installed packages, and how a person gets what they need.
const NEEDS = [
  {
    folder: "/tests/browser/",
    reason: "needs Chromium: run scripts/install-browser.sh, then MOLTBOT_TESTS=all npm test",
  },
  {
    folder: "/tests/crash/",
    reason: "kills gateways for a minute or more: run MOLTBOT_TESTS=all npm test",
  },
  {
    folder: "/tests/openapi/prism",
    reason: "needs prism: run scripts/install-api-proxy.sh, then MOLTBOT_TESTS=all npm test",
  },
];

const everything = process.env.CI === "true" || process.env.MOLTBOT_TESTS === "all";

/** The reason a test file is skipped in this run, or undefined when it runs. */
export function reasonToSkip(path) {
  if (everything) return undefined;
  const normalised = path.replaceAll("\\", "/");
  return NEEDS.find(({ folder }) => normalised.includes(folder))?.reason;
}
