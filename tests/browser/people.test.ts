import type { Role } from "@moltbot/contracts";
import type { Locator, Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import type { MockGateway } from "../../packages/web/testing/mock-gateway.ts";
import { reasonToSkipBrowser, skipNote } from "./browser.ts";
import { expectClean, focused } from "./page-checks.ts";
import { picturesOf } from "./pictures.ts";
import { createStage } from "./stage.ts";
import { goTo, NARROW, openOverview, WIDE, WIDTHS_AND_THEMES } from "./watched-page.ts";
import type { Viewport } from "./watched-page.ts";

const pictures = picturesOf(["people-1440-light", "people-390-dark", "sign-ins-1440-dark", "share-390-light"]);
type Name = "People" | "Sign-ins";

const stage = createStage("people");
let gateway: MockGateway;
let page: Page;

const open = async (viewport: Viewport, colorScheme?: "light" | "dark", role?: Role): Promise<void> => {
  ({ gateway, page } = await stage.enterHouse(viewport, pictures.scale, colorScheme, role));
};
const go = (name: Name): Promise<Locator> => goTo(page, name);
const sharing = async (agent: string): Promise<Locator> => {
  await (await openOverview(page)).getByRole("button", { name: `Sharing of ${agent}` }).click();
  const dialog = page.getByRole("dialog", { name: `Who may use ${agent}` });
  await dialog.locator(".sharing").waitFor();
  return dialog;
};
const look = (screen: string): Promise<void> => expectClean(page, screen);
const picture = (name: string): Promise<void> => pictures.take(page, name);

describe.skipIf(reasonToSkipBrowser !== null)(`the pages about people, sharing and sign-ins${skipNote}`, () => {
  stage.prepare();

  describe.each(WIDTHS_AND_THEMES)("at %s", (_width, viewport, theme, name) => {
    it("are accessible and fit, screen by screen", async () => {
      await open(viewport, theme);
      const panel = await openOverview(page);
      await panel
        .getByText("Shared with Anna", { exact: false })
        .or(panel.getByText("Shared with the team"))
        .first()
        .waitFor();
      await panel.locator("agent-list").scrollIntoViewIfNeeded();
      await look("agents");
      await picture(`agents-${name}`);
      await page.keyboard.press("Escape");

      const people = await go("People");
      await look("people");
      await picture(`people-${name}`);
      await people.getByRole("button", { name: "Change Bert" }).click();
      await people.getByRole("button", { name: "Suspend…" }).click();
      await look("a person that is changed");
      await picture(`person-${name}`);
      await people.getByRole("button", { name: "Leave it" }).click();
      await people.getByRole("button", { name: "Invite somebody" }).click();
      await look("inviting");
      await picture(`invite-${name}`);
      await people.getByRole("textbox", { name: "Name" }).fill("Fatima");
      await people.getByRole("button", { name: "Make the link" }).click();
      await people.getByText("The link for Fatima").waitFor();
      await look("an invitation");
      await picture(`invited-${name}`);
      await people.getByRole("button", { name: "Done" }).click();
      await people.getByRole("button", { name: "Change the team Kitchen" }).click();
      await look("a team that is changed");
      await picture(`team-${name}`);
      await people.getByRole("button", { name: "Close people" }).click();

      const share = await sharing("Molty");
      await look("sharing");
      await picture(`share-${name}`);
      await share.getByRole("button", { name: "Share it…" }).click();
      await look("sharing anew");
      await picture(`share-form-${name}`);
      await share.getByRole("button", { name: "Close sharing" }).click();

      const signIns = await go("Sign-ins");
      await look("sign-ins");
      await picture(`sign-ins-${name}`);
      await signIns.getByRole("button", { name: "Pair a device" }).click();
      await signIns.getByText("7KQ2-XW4D", { exact: true }).waitFor();
      await look("pairing");
      await picture(`pair-${name}`);
      await signIns.getByRole("button", { name: "Make a token" }).click();
      await look("a token that is made");
      await picture(`token-form-${name}`);
      await signIns.getByRole("textbox", { name: "Name", exact: true }).fill("Home automation 2");
      await signIns.getByRole("button", { name: "Make it" }).click();
      await signIns.getByRole("heading", { name: "The token" }).waitFor();
      await look("a token");
      await picture(`token-${name}`);
    }, 60_000);
  });

  it("invites, changes, suspends and removes, and says each", async () => {
    await open(WIDE);
    const people = await go("People");
    await people.getByRole("button", { name: "Invite somebody" }).click();
    expect(await focused(page)).toBe("input.field");
    expect(await people.getByRole("radio", { name: "Owner" }).count()).toBe(0);
    await people.getByRole("textbox", { name: "Name" }).fill("Fatima");
    await people.getByRole("radio", { name: "Viewer" }).check();
    await page.keyboard.press("Enter");
    await people.locator(".once code").getByText("/signin#code=", { exact: false }).waitFor();
    await people.getByRole("button", { name: "Done" }).click();
    expect(await page.content()).not.toContain("/signin#code=");
    const row = (name: string): Locator => people.locator("li.person").filter({ hasText: name });
    await row("Fatima").getByText("has not come yet", { exact: false }).waitFor();

    await people.getByRole("button", { name: "Change Bert" }).click();
    await people.getByRole("radio", { name: "Admin" }).check();
    await people.getByRole("button", { name: "Give this role" }).click();
    await people.getByText("Bert is now: Admin.").waitFor();
    await people.getByRole("button", { name: "Change Bert" }).click();
    await people.getByRole("button", { name: "Suspend…" }).click();
    await people.getByRole("button", { name: "Suspend", exact: true }).click();
    await people.getByText("Bert is suspended.").waitFor();
    await people.getByRole("button", { name: "Change Chidi" }).click();
    await people.getByRole("button", { name: "Let in again" }).click();
    await people.getByText("Chidi Okafor may come in again.").waitFor();
    await people.getByRole("button", { name: "Change Dana" }).click();
    await people.getByRole("button", { name: "Remove the invitation…" }).click();
    await people.getByRole("button", { name: "Remove", exact: true }).click();
    await people.getByText("2 who left").waitFor();
    gateway.people.come("Fatima");
    await row("Fatima").getByText("has not come yet", { exact: false }).waitFor({ state: "detached" });
  }, 30_000);

  it("makes, changes and removes a team", async () => {
    await open(NARROW);
    const people = await go("People");
    await people.getByRole("button", { name: "Make a team" }).click();
    await people.getByRole("textbox", { name: "Name" }).fill("Garden");
    await people.getByRole("checkbox", { name: "Bert" }).check();
    await people.getByRole("button", { name: "Make it" }).click();
    const teams = people.getByRole("list", { name: "Teams" });
    await teams.getByText("Garden").waitFor();
    await people.getByRole("button", { name: "Change the team Garden" }).click();
    await people.getByRole("checkbox", { name: "Bert" }).uncheck();
    await people.getByRole("button", { name: "Keep it" }).click();
    await teams.getByText("Nobody is in it.").waitFor();
    await people.getByRole("button", { name: "Remove the team Garden" }).click();
    await people.getByRole("button", { name: "Remove it" }).click();
    await teams.getByText("Garden").waitFor({ state: "detached" });
  }, 30_000);

  it("shares an agent, keeps it from somebody, and takes both back", async () => {
    await open(WIDE);
    const share = await sharing("Molty");
    for (let left = await share.locator(".entries > li").count(); left > 0; left -= 1) {
      await share.locator(".entries .link").first().click();
      await expect.poll(() => share.locator(".entries > li").count()).toBe(left - 1);
    }
    await share.getByText("Private: for you alone").waitFor();
    await share.getByRole("button", { name: "Share it…" }).click();
    await share.getByRole("combobox").selectOption({ label: "Everyone in the house" });
    await share.getByRole("checkbox", { name: "They may change it" }).check();
    await share.getByRole("button", { name: "Share it", exact: true }).click();
    await share.getByText("may talk to it and change it").waitFor();
    await share.getByRole("button", { name: "Share it…" }).click();
    await share.getByRole("combobox").selectOption({ label: "Bert" });
    await share.getByRole("radio", { name: "Keep it from them" }).check();
    await share.getByRole("button", { name: "Keep it from them" }).click();
    await share.getByText("Shared with everyone in the house, kept from some").waitFor();
    await share.getByText("may not talk to it").waitFor();
    await look("shared with everyone, kept from one");
  }, 30_000);

  it("talks to an agent that somebody else shares, and says when it is gone", async () => {
    await open(WIDE);
    await (await sharing("Kitchen helper")).getByText("Shared with you", { exact: false }).first().waitFor();
    await page.keyboard.press("Escape");
    await (await openOverview(page)).getByRole("button", { name: "Talk to Kitchen helper" }).click();
    await page.getByRole("heading", { level: 1, name: "Kitchen helper" }).waitFor();
    gateway.people.unshare();
    await page.getByRole("heading", { level: 1, name: "Molty" }).waitFor();
  }, 30_000);

  it("signs other browsers out, pairs a device until it comes, and ends one", async () => {
    await open(WIDE);
    const signIns = await go("Sign-ins");
    const browsers = signIns.getByRole("list", { name: "Browsers" });
    expect(await browsers.getByRole("listitem").first().innerText()).toContain("This browser");
    expect(await browsers.getByRole("listitem").first().getByRole("button").count()).toBe(0);
    await signIns.getByRole("button", { name: "Sign out all others" }).click();
    await signIns.getByText("2 browsers were signed out.").waitFor();
    expect(await browsers.getByRole("listitem").count()).toBe(1);
    await signIns.getByRole("button", { name: "Pair a device" }).click();
    await signIns.getByText("7KQ2-XW4D", { exact: true }).waitFor();
    gateway.people.pair("Laptop");
    await signIns.getByText("It is paired.").waitFor();
    expect(await page.content()).not.toContain("7KQ2-XW4D");
    await signIns.getByRole("button", { name: "End the device Pixel 9" }).click();
    await signIns.getByRole("button", { name: "End it" }).click();
    await signIns.getByText("Pixel 9 is ended.").waitFor();
    await page.keyboard.press("Escape");
    gateway.people.reuse("Laptop");
    await page.getByText("Somebody used a copy of what one of your devices holds", { exact: false }).waitFor();
    await look("a device that was copied");
  }, 30_000);

  it("makes a token for chosen operations, shows it once, and revokes it", async () => {
    await open(WIDE);
    const signIns = await go("Sign-ins");
    await signIns.getByRole("button", { name: "Make a token" }).click();
    await signIns.getByRole("textbox", { name: "Name", exact: true }).fill("Feed reader");
    await signIns.getByRole("checkbox", { name: /^Answer questions/ }).check();
    await signIns.getByRole("textbox", { name: "More operations" }).fill("contacts.list");
    await signIns.getByRole("checkbox", { name: /^It passes on/ }).check();
    await signIns.getByRole("button", { name: "Make it" }).click();
    const token = await signIns.locator(".once code").innerText();
    await signIns.getByText("events.stream, approvals.*, contacts.list", { exact: false }).waitFor();
    await signIns.getByRole("button", { name: "Close sign-ins" }).click();
    await expect.poll(() => page.content()).not.toContain(token);
    await go("Sign-ins");
    await signIns.getByRole("button", { name: "Revoke the token Feed reader" }).click();
    await signIns.getByRole("button", { name: "Revoke it" }).click();
    await signIns.getByText("Feed reader").waitFor({ state: "detached" });
  }, 30_000);

  it("ends a suspended person’s page at once, and says so", async () => {
    await open(NARROW, "light", "member");
    await page.getByRole("textbox", { name: "Message to Molty" }).fill("what is 12 * 12");
    await page.keyboard.press("Enter");
    await page.getByText("The answer is 144.").first().waitFor();
    gateway.people.suspendMe();
    await page.getByRole("heading", { name: "You are suspended" }).waitFor({ timeout: 1500 });
    expect(await page.content()).not.toContain("144");
    await look("suspended");
    await picture("suspended-390-light");
  }, 30_000);

  it("lets a member leave by a second press, and the owner not", async () => {
    await open(WIDE);
    expect(await (await go("People")).getByRole("button", { name: "Leave…" }).count()).toBe(0);
    await stage.clear();
    await open(WIDE, "light", "member");
    const people = await go("People");
    await people.getByText("An admin or the owner invites and changes people.", { exact: false }).waitFor();
    expect(await people.getByRole("button", { name: /^(Change|Invite|Make a team|Remove)/ }).count()).toBe(0);
    await look("people, for a member");
    await people.getByRole("button", { name: "Leave…" }).click();
    await people.getByRole("button", { name: "Leave", exact: true }).click();
    await page.getByRole("heading", { name: "You have left" }).waitFor();
  }, 30_000);

  it("offers a viewer nothing to write, share or make, and says why", async () => {
    await open(NARROW, "dark", "viewer");
    await page.getByText("You are here as a viewer", { exact: false }).waitFor();
    expect(await page.getByRole("textbox", { name: /Message to/ }).count()).toBe(0);
    expect(await page.getByRole("button", { name: "Stop everything" }).count()).toBe(0);
    await look("a viewer's page");
    await picture("viewer-390-dark");
    const signIns = await go("Sign-ins");
    await signIns.getByText("A viewer makes none", { exact: false }).waitFor();
    await look("sign-ins, for a viewer");
  }, 30_000);
});
