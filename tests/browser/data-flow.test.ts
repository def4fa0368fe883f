import { DataFlowReport, instantOf, moltbotError } from "@moltbot/contracts";
import type { DataFlow, Role } from "@moltbot/contracts";
import type { Locator, Page, Route } from "playwright-core";
import { describe, expect, it } from "vitest";
import { reasonToSkipBrowser, skipNote } from "./browser.ts";
import { expectClean, focused } from "./page-checks.ts";
import { picturesOf } from "./pictures.ts";
import { createStage } from "./stage.ts";
import { goTo, NARROW, openOverview, WIDE, WIDTHS_AND_THEMES } from "./watched-page.ts";
import type { Viewport } from "./watched-page.ts";

const pictures = picturesOf([]);
const stage = createStage("data-flow");
const MINUTE = 60_000;

const flow = (host: string | null, minutes: number, wish: Partial<DataFlow> = {}): DataFlow => ({
  host,
  way: "tool",
  tool: "http.get",
  data: "own",
  connections: 1,
  failed: 0,
  writing: 0,
  bytesOut: 900,
  bytesIn: 14_000,
  firstAt: instantOf(Date.now() - minutes * MINUTE),
  lastAt: instantOf(Date.now() - minutes * MINUTE),
  withSecret: 0,
  secrets: [],
  ...wish,
});
const MODEL = { way: "model", tool: null, writing: 31 } as const;
const GATE = { way: "gate", tool: "exec.run", data: "public" } as const;
const flows = (): readonly DataFlow[] => [
  flow("api.vendor.example:443", 2, { ...MODEL, connections: 28, bytesOut: 1_240_000, bytesIn: 188_000 }),
  flow("api.vendor.example:443", 800, { ...MODEL, data: "nobody", connections: 3, bytesOut: 96_000, bytesIn: 9000 }),
  flow("packages.example:443", 64, {
    ...GATE,
    connections: 41,
    writing: 41,
    bytesOut: 88_000,
    bytesIn: 9_300_000,
  }),
  flow("crm.example:443", 9, {
    tool: "http.request",
    data: "group",
    connections: 6,
    failed: 1,
    writing: 4,
    withSecret: 6,
    secrets: ["crm"],
  }),
  flow("a-very-long-name-that-only-a-machine-would-give-its-host.eu-central-1.storage.example:8443", 4000),
  flow("p\u0430ypal.example:443", 70, { ...GATE, failed: 1, bytesOut: 0, bytesIn: 0 }),
  flow(null, 3000, { tool: "web.fetch", data: "unknown" }),
];

interface Asked {
  readonly of: string | null;
  readonly days: string | null;
}
/** Answers for the gateway that is not real, which does not play this operation. */
const answerWith = async (page: Page, answer: (asked: Asked, route: Route) => unknown): Promise<readonly Asked[]> => {
  const all: Asked[] = [];
  await page.route("**/v2/data-flow?*", async (route) => {
    const given = new URL(route.request().url()).searchParams;
    const asked = { of: given.get("of"), days: given.get("days") };
    all.push(asked);
    await answer(asked, route);
  });
  return all;
};
const report = (route: Route, list: readonly DataFlow[], complete = true): Promise<void> =>
  route.fulfill({
    json: DataFlowReport.parse({
      since: instantOf(new Date().setUTCHours(0, 0, 0, 0) - 6 * 1440 * MINUTE),
      flows: list,
      complete,
    }),
  });
const busy = (route: Route): Promise<void> => {
  const { code, message, next } = moltbotError("DATABASE_UNAVAILABLE", { problem: "it is busy" });
  return route.fulfill({
    status: 503,
    contentType: "application/problem+json",
    json: {
      type: `urn:moltbot:${code}`,
      title: message,
      detail: message,
      status: 503,
      code,
      message,
      next,
      retryable: true,
    },
  });
};

const enter = async (viewport: Viewport, theme?: "light" | "dark", role?: Role): Promise<Page> =>
  (await stage.enterHouse(viewport, pictures.scale, theme, role)).page;
const rowsOf = (dialog: Locator): Promise<readonly string[]> => dialog.getByRole("rowheader").allInnerTexts();

describe.skipIf(reasonToSkipBrowser !== null)(`the page about where data went${skipNote}`, () => {
  stage.prepare();

  describe.each(WIDTHS_AND_THEMES)("at %s", (_width, viewport, theme, name) => {
    it("is accessible and fits, full and empty", async () => {
      const page = await enter(viewport, theme);
      await answerWith(page, ({ days }, route) => report(route, days === "1" ? [] : flows(), days !== "90"));
      const dialog = await goTo(page, "Where data went");
      await expectClean(page, "where data went");
      await pictures.take(page, `data-flow-${name}`);
      await dialog.getByRole("rowheader").last().scrollIntoViewIfNeeded();
      await pictures.take(page, `data-flow-end-${name}`);
      await dialog.getByRole("radio", { name: "Today" }).check({ force: true });
      await dialog.getByText("Nothing was sent to anybody.").first().waitFor();
      await expectClean(page, "nothing went anywhere");
      await dialog.getByRole("radio", { name: "90 days" }).check({ force: true });
      await dialog.getByText("more connections than one report counts").waitFor();
      await expectClean(page, "a report that is cut");
    }, 60_000);
  });

  it("is a table for whoever cannot see it, also where it is stacked", async () => {
    const page = await enter(NARROW);
    await answerWith(page, (_asked, route) => report(route, flows()));
    const dialog = await goTo(page, "Where data went");
    const table = dialog.getByRole("table", { name: "To which host" });
    expect(await table.getByRole("columnheader").allTextContents()).toEqual([
      "By",
      "Kind of data",
      "Sent",
      "Received",
      "Last",
    ]);
    const hosts = await rowsOf(dialog);
    expect(hosts).toHaveLength(6);
    expect(hosts[0]).toContain("api.vendor.example:443");
    expect(hosts.at(-1)).toContain("No longer known");
    // The Cyrillic letter reads like ours: it is said, and what it is in plain ones.
    expect(hosts.find((host) => host.includes("\u0430"))).toMatch(/unusual letters[\s\S]*xn--/);
  }, 30_000);

  it("asks of the house and of other days without a mouse, and drops an answer that comes too late", async () => {
    const page = await enter(WIDE);
    let letGo: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    const asked = await answerWith(page, async ({ of, days }, route) => {
      if (days === "30") await held;
      await report(route, [flow(`${of ?? ""}-${days ?? ""}.example:443`, 1)]);
    });
    const dialog = await goTo(page, "Where data went");
    await dialog.getByText("me-7.example:443").waitFor();
    await dialog.getByRole("radio", { name: "7 days" }).focus();
    await page.keyboard.press("ArrowRight");
    await dialog.getByText("Loading…").waitFor();
    await dialog.getByRole("radio", { name: "You" }).focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Tab");
    await page.keyboard.press("ArrowRight");
    await dialog.getByText("house-90.example:443").waitFor();
    letGo();
    await page.waitForTimeout(200);
    expect(await rowsOf(dialog)).toEqual([expect.stringContaining("house-90.example:443")]);
    expect(asked).toEqual([
      { of: "me", days: "7" },
      { of: "me", days: "30" },
      { of: "house", days: "30" },
      { of: "house", days: "90" },
    ]);
  }, 30_000);

  it("says what could not be loaded, and tries again", async () => {
    const page = await enter(NARROW, "dark");
    let tries = 0;
    await answerWith(page, (_asked, route) => {
      tries += 1;
      return tries === 1 ? busy(route) : report(route, flows());
    });
    const dialog = await goTo(page, "Where data went");
    await dialog.getByRole("alert").getByText("it is busy").waitFor();
    await expectClean(page, "what could not be loaded");
    await dialog.getByRole("button", { name: "Try again" }).press("Enter");
    await dialog.getByText("crm.example:443").waitFor();
    expect(await focused(page)).toBe("p.");
    expect(await dialog.getByRole("alert").count()).toBe(0);
  }, 30_000);

  it("shows many hosts in parts, and puts the focus on the first that came", async () => {
    const page = await enter(NARROW);
    const many = Array.from({ length: 60 }, (_, n) => flow(`h${n}.example:443`, 1, { bytesOut: 10_000 - n }));
    await answerWith(page, (_asked, route) => report(route, many));
    const dialog = await goTo(page, "Where data went");
    expect(await rowsOf(dialog)).toHaveLength(25);
    await dialog.getByRole("button", { name: "Show 25 more of 35 hosts" }).press("Enter");
    await dialog.getByRole("button", { name: "Show 10 more of 10 hosts" }).press("Enter");
    await dialog.getByText("h59.example:443").waitFor();
    expect(await page.evaluate<string>("document.activeElement.textContent")).toContain("h50.example:443");
    await expectClean(page, "sixty hosts");
  }, 30_000);

  it("offers the house to whoever keeps it alone, and the page to nobody who may not ask", async () => {
    const page = await enter(WIDE, "light", "member");
    await answerWith(page, (_asked, route) => report(route, flows()));
    const dialog = await goTo(page, "Where data went");
    expect(await dialog.getByRole("radio", { name: "The house" }).count()).toBe(0);
    await stage.clear();
    const viewers = await openOverview(await enter(WIDE, "light", "viewer"));
    expect(await viewers.getByRole("button", { name: "Where data went" }).count()).toBe(0);
  }, 30_000);
});
