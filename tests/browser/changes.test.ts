import type { Role } from "@moltbot/contracts";
import type { Locator, Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import type { MockGateway } from "../../packages/web/testing/mock-gateway.ts";
import { reasonToSkipBrowser, skipNote } from "./browser.ts";
import { expectClean, focused } from "./page-checks.ts";
import { picturesOf } from "./pictures.ts";
import { createStage } from "./stage.ts";
import { goTo, NARROW, WIDE, WIDTHS_AND_THEMES } from "./watched-page.ts";
import type { Viewport } from "./watched-page.ts";

const pictures = picturesOf([]);
const stage = createStage("changes");
let gateway: MockGateway;
let page: Page;

const open = async (viewport: Viewport, colorScheme?: "light" | "dark", role?: Role): Promise<Locator> => {
  ({ gateway, page } = await stage.enterHouse(viewport, pictures.scale, colorScheme, role));
  return goTo(page, "Changed files");
};

describe.skipIf(reasonToSkipBrowser !== null)(`the page about changed files${skipNote}`, () => {
  stage.prepare();

  describe.each(WIDTHS_AND_THEMES)("at %s", (_width, viewport, theme, name) => {
    it("is accessible and fits, with its question too", async () => {
      const changes = await open(viewport, theme);
      await expectClean(page, "changed files");
      await pictures.take(page, `changes-${name}`);
      await changes.getByRole("button", { name: "Undo: Wrote packing list.txt" }).click();
      await changes.getByRole("button", { name: "Put it back anyway" }).waitFor();
      await expectClean(page, "the question before it goes over what was changed since");
      await pictures.take(page, `changes-sure-${name}`);
    }, 60_000);
  });

  it("undoes a change, and undoes that, without a mouse", async () => {
    const changes = await open(WIDE);
    await changes.getByRole("button", { name: "Undo: Added to notes/lisbon.md" }).press("Enter");
    await changes.getByText("It is as it was before: Added to notes/lisbon.md.").waitFor({ state: "attached" });
    await changes.getByText("as before").first().waitFor();
    expect(await focused(page)).toBe("li.entry revocable");
    expect(await changes.getByRole("button", { name: "Undo: Added to notes/lisbon.md" }).count()).toBe(0);
    await changes.getByRole("button", { name: "Undo: Put back notes/lisbon.md" }).press("Enter");
    await changes.getByRole("button", { name: "Undo: Added to notes/lisbon.md" }).waitFor();
  }, 30_000);

  it("asks before it goes over what was changed since, and gives the focus back where it is left", async () => {
    const changes = await open(NARROW);
    const way = changes.getByRole("button", { name: "Undo: Wrote packing list.txt" });
    await way.click();
    expect(await focused(page)).toBe("span.whole-row really");
    await changes.getByRole("button", { name: "Leave it" }).click();
    expect(await focused(page)).toBe("button.link ");
    await way.click();
    await changes.getByRole("button", { name: "Put it back anyway" }).click();
    await changes.getByRole("button", { name: "Undo: Put back packing list.txt" }).waitFor();
  }, 30_000);

  it("shows what an agent changes while one looks, and what somebody changes in the last moment", async () => {
    const changes = await open(WIDE);
    gateway.changeFile("fresh.txt");
    const fresh = changes.getByRole("button", { name: "Undo: Wrote fresh.txt" });
    await fresh.waitFor();
    gateway.changedSince("fresh.txt");
    await fresh.click();
    await changes.getByRole("button", { name: "Put it back anyway" }).waitFor();
  }, 30_000);

  it("has no way for a viewer", async () => {
    const changes = await open(NARROW, "dark", "viewer");
    await changes.getByText("notes/lisbon.md").waitFor();
    expect(await changes.getByRole("button", { name: /^Undo/ }).count()).toBe(0);
    await expectClean(page, "changed files, for a viewer");
  }, 30_000);
});
