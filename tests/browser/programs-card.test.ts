import { ToolName } from "@moltbot/contracts";
import type { Question } from "@moltbot/contracts";
import type { Locator, Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import type { MockGateway } from "../../packages/web/testing/mock-gateway.ts";
import { reasonToSkipBrowser, skipNote } from "./browser.ts";
import { expectClean } from "./page-checks.ts";
import { picturesOf } from "./pictures.ts";
import { createStage } from "./stage.ts";
import { NARROW, openOverview, WIDE, WIDTHS_AND_THEMES } from "./watched-page.ts";
import type { Viewport } from "./watched-page.ts";

const pictures = picturesOf([]);
const stage = createStage("programs-card");
const RUN = "Run programs without asking in this conversation";
let gateway: MockGateway;
let page: Page;

const programs = (hosts: readonly string[]): Partial<Question> => ({
  consequence: `Runs “npm test” on a copy of the workspace, ${hosts.length === 0 ? "without network" : `with network to ${hosts.join(", ")}`}.`,
  why: "You have not granted this to the agent.",
  rule: "execute.no-capability",
  tool: ToolName.parse("exec.run"),
  effect: "execute",
  arguments: [
    { name: "argv", value: ["npm", "test"], critical: true, origin: "model" },
    ...(hosts.length === 0 ? [] : [{ name: "network", value: [...hosts], critical: true, origin: "model" } as const]),
  ],
  leaves: hosts.length === 0 ? null : `whatever the program sends, to ${hosts.join(", ")}`,
  scopes: ["once", "task", "conversation", "always"],
  grant: [{ kind: "equals", argument: "argv", value: ["npm", "test"] }],
  proposal: {
    seen: 0,
    scope: "conversation",
    constraints: [{ kind: "host-in", argument: "network", hosts: [...hosts] }],
  },
});

const ask = async (question: Partial<Question>, viewport: Viewport, scheme?: "light" | "dark"): Promise<Locator> => {
  ({ gateway, page } = await stage.enterHouse(viewport, pictures.scale, scheme));
  gateway.say("I will run the tests.");
  gateway.ask(question);
  await page.getByRole("button", { name: "1 question" }).click();
  const card = page.locator(".card");
  await card.getByRole("button", { name: RUN }).waitFor();
  return card;
};

describe.skipIf(reasonToSkipBrowser !== null)(`the card of a program${skipNote}`, () => {
  stage.prepare();

  describe.each(WIDTHS_AND_THEMES)("at %s", (_width, viewport, theme, name) => {
    it("is accessible and fits, with and without network", async () => {
      const card = await ask(programs([]), viewport, theme);
      await expectClean(page, "a program without network");
      await card.getByRole("button", { name: RUN }).scrollIntoViewIfNeeded();
      await pictures.take(page, `programs-card-${name}`);
      await card.getByRole("button", { name: "Deny", exact: true }).click();
      await card.getByRole("button", { name: RUN }).waitFor({ state: "detached" });
      gateway.ask(programs(["registry.example.org:443", "a-host-with-quite-a-long-name.packages.example.org:8443"]));
      await card.getByRole("button", { name: RUN }).scrollIntoViewIfNeeded();
      await expectClean(page, "a program that reaches hosts");
      await pictures.take(page, `programs-card-hosts-${name}`);
    }, 60_000);
  });

  it("lets programs run for the conversation by one press, behind every narrower answer, without a mouse", async () => {
    const card = await ask(programs([]), WIDE);
    const order: (string | null)[] = [];
    while (order.at(-1) !== RUN && order.length < 20) {
      await page.keyboard.press("Tab");
      order.push(await page.evaluate<string>("document.activeElement.textContent.trim()"));
    }
    expect(order.indexOf("Allow once")).toBe(0);
    expect(order.slice(0, -1)).not.toContain(RUN);
    const sent = page.waitForRequest((request) => request.url().endsWith("/answer"));
    await page.keyboard.press("Enter");
    expect((await sent).postDataJSON()).toEqual({
      answer: "allow",
      scope: "conversation",
      constraints: [{ kind: "host-in", argument: "network", hosts: [] }],
    });
    await page.getByText("You allowed this for this conversation").waitFor();
    expect(await card.count()).toBe(0);
    const overview = await openOverview(page);
    await overview.getByText("without network").waitFor();
  }, 30_000);

  it("tells the name of a file from a line that reads like one", async () => {
    const text = "--- a.sql\n+++ a.sql\n@@ line 1 @@\n--- old\n+++ new\n same";
    await ask({ ...programs([]), preview: { kind: "diff", text } }, NARROW);
    const kinds = await page.evaluate<readonly string[]>(
      "[...document.querySelectorAll('.diff-line')].map((line) => line.className.replace('diff-line', '').trim())",
    );
    expect(kinds).toEqual(["place", "place", "place", "removed", "added", ""]);
    await pictures.take(page, "programs-card-diff");
  }, 30_000);
});
