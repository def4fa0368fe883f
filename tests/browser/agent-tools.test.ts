import type { Role } from "@moltbot/contracts";
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { reasonToSkipBrowser, skipNote } from "./browser.ts";
import { expectClean, focused } from "./page-checks.ts";
import { picturesOf } from "./pictures.ts";
import { createStage } from "./stage.ts";
import { NARROW, WIDE, WIDTHS_AND_THEMES, openOverview } from "./watched-page.ts";
import type { Viewport } from "./watched-page.ts";

const pictures = picturesOf([]);
const stage = createStage("agent-tools");
let page: Page;

/** The overview with the tools of the agent unfolded. */
const open = async (viewport: Viewport, colorScheme?: "light" | "dark", role?: Role) => {
  ({ page } = await stage.enterHouse(viewport, pictures.scale, colorScheme, role));
  const overview = await openOverview(page);
  const tools = overview.locator("agent-tools");
  await tools.getByText("Tools: 4 of 12").press("Enter");
  return tools;
};

describe.skipIf(reasonToSkipBrowser !== null)(`the tools of the agent on the page${skipNote}`, () => {
  stage.prepare();

  describe.each(WIDTHS_AND_THEMES)("at %s", (_width, viewport, theme, name) => {
    it("are accessible and fit", async () => {
      const tools = await open(viewport, theme);
      await tools.getByRole("checkbox", { name: "Search the web" }).scrollIntoViewIfNeeded();
      await expectClean(page, "tools");
      await tools.getByText("lacks 8 tools").scrollIntoViewIfNeeded();
      await pictures.take(page, `tools-${name}`);
    }, 60_000);
  });

  it("are switched and given without a mouse, with the focus kept", async () => {
    const tools = await open(WIDE);
    const search = tools.getByRole("checkbox", { name: "Search the web" });
    await search.press("Space");
    await tools.getByText("Tools: 5 of 12").waitFor();
    expect([await search.isChecked(), await focused(page)]).toEqual([true, "input."]);
    await tools.getByText("Added: Search the web.").waitFor({ state: "attached" });
    await search.press("Space");
    await tools.getByText("Tools: 4 of 12").waitFor();
    await tools.getByRole("button", { name: "Give it all of them" }).press("Enter");
    await tools.getByText("Tools: 12 of 12").waitFor();
    expect(await focused(page)).toBe("fieldset.radios");
  }, 30_000);

  it("cannot be switched by a viewer", async () => {
    const tools = await open(NARROW, "dark", "viewer");
    expect(await tools.getByRole("checkbox", { name: "Calculate" }).isDisabled()).toBe(true);
    expect(await tools.getByRole("button").count()).toBe(0);
    await expectClean(page, "tools, for a viewer");
  }, 30_000);
});
