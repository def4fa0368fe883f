import type { Role } from "@moltbot/contracts";
import type { Locator, Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { PAIRING } from "../../packages/web/testing/mock-gateway.ts";
import type { MockGateway } from "../../packages/web/testing/mock-gateway.ts";
import { reasonToSkipBrowser, skipNote } from "./browser.ts";
import { expectClean, focused } from "./page-checks.ts";
import { picturesOf } from "./pictures.ts";
import { createStage } from "./stage.ts";
import { goTo, NARROW, WIDE, WIDTHS_AND_THEMES } from "./watched-page.ts";
import type { Viewport } from "./watched-page.ts";

const pictures = picturesOf(["release-1440-light", "usage-390-dark", "prompts-390-light"]);
type Name = "People" | "Prompts" | "Secrets" | "What it costs";

const TRIP = [
  ["user", "Which week in May is cheapest to fly to Lisbon, and what would four nights cost?"],
  ["assistant", "The second week of May. **Four nights near the river** come to about €420 for two."],
  ["user", "Good. Keep that one, I ask Olga."],
] as const;

const stage = createStage("sharing");
let gateway: MockGateway;
let page: Page;

const open = async (viewport: Viewport, colorScheme?: "light" | "dark", role?: Role): Promise<void> => {
  ({ gateway, page } = await stage.enterHouse(viewport, pictures.scale, colorScheme, role));
};
const go = (name: Name): Promise<Locator> => goTo(page, name);
const look = (screen: string): Promise<void> => expectClean(page, screen);
const picture = (name: string): Promise<void> => pictures.take(page, name);
/** A conversation with a quote that carries what looks like a secret. */
const talk = async (): Promise<void> => {
  await page.getByRole("textbox", { name: "Message to Molty" }).fill("what is 12 * 12");
  await page.keyboard.press("Enter");
  await page.getByText("The answer is 144.").first().waitFor();
  gateway.quote("Chidi <chidi@example.org>", "Dinner on Thursday at seven. The door’s code is [secret: password].");
  gateway.say("It is an invitation to dinner on Thursday at seven.");
  await page.getByText("It is an invitation").first().waitFor();
};
const readers = async (): Promise<Locator> => {
  await page.getByRole("button", { name: /this conversation/ }).click();
  const dialog = page.getByRole("dialog", { name: "Who reads this conversation" });
  await dialog.locator(".sharing").waitFor();
  return dialog;
};

describe.skipIf(reasonToSkipBrowser !== null)(`the pages about prompts, secrets, releases and costs${skipNote}`, () => {
  stage.prepare();

  describe.each(WIDTHS_AND_THEMES)("at %s", (_width, viewport, theme, name) => {
    it("are accessible and fit, screen by screen", async () => {
      await open(viewport, theme);
      const shown = async (screen: string): Promise<void> => {
        await look(screen);
        await picture(`${screen}-${name}`);
      };
      const prompts = await go("Prompts");
      await shown("prompts");
      await prompts.getByRole("button", { name: "Change the prompt Weekly plan" }).click();
      await shown("prompt-form");
      await prompts.getByRole("button", { name: "Cancel" }).click();
      await prompts.getByRole("button", { name: "Use the prompt Meals" }).click();
      await page.getByText("Begins with “Meals for the week” · words of Anna Lindqvist").waitFor();
      await shown("composer-prompt");
      await page.getByRole("button", { name: "Remove the prompt Meals" }).click();

      const secrets = await go("Secrets");
      await shown("secrets");
      await secrets.getByRole("button", { name: "Add a secret" }).click();
      await shown("secret-form");
      await secrets.getByRole("button", { name: "Close secrets" }).click();

      await go("What it costs");
      await shown("usage");
      await page.getByRole("radio", { name: "The house" }).check();
      await page.getByText("No price is set", { exact: false }).waitFor();
      await shown("usage-house");
      await page.keyboard.press("Escape");

      const people = await go("People");
      await people.getByRole("button", { name: "Make a role" }).click();
      await shown("role-form");
      await people.getByRole("button", { name: "Close people" }).click();

      await talk();
      const release = await readers();
      await shown("readers");
      await release.getByRole("button", { name: "Show it to somebody…" }).click();
      await release.getByText("The door’s code", { exact: false }).waitFor();
      await shown("release");
      await release.getByRole("button", { name: "Close who reads it" }).click();

      gateway.show("Anna Lindqvist", "Trip to Lisbon", TRIP);
      if (viewport === NARROW) {
        await page.getByRole("button", { name: "Conversations", exact: true }).click();
        await page.getByRole("heading", { name: "Shared with you" }).last().waitFor();
        await shown("shared-list");
      }
      await page
        .getByRole("button", { name: /Trip to Lisbon/ })
        .last()
        .click();
      await page.getByText("shows you this much of it", { exact: false }).waitFor();
      await shown("shared");

      await page.goto(`${gateway.url}/#pair=${PAIRING}`);
      await page.getByRole("heading", { name: "Pair this browser" }).waitFor();
      await shown("pair-browser");
    }, 60_000);
  });

  it("keeps a prompt, begins messages with it and with somebody else’s, and says whose words they are", async () => {
    await open(WIDE);
    await page.getByRole("button", { name: "Begin with a prompt" }).click();
    const prompts = page.getByRole("dialog", { name: "Prompts" });
    await prompts.getByRole("button", { name: "Keep a prompt" }).click();
    expect(await focused(page)).toBe("input.field");
    await prompts.getByRole("textbox", { name: "Name" }).fill("Sum");
    await prompts.getByRole("textbox", { name: "Text" }).fill("what is 17 * 3");
    await prompts.getByRole("button", { name: "Keep it" }).click();
    await prompts.getByRole("button", { name: "Use the prompt Sum" }).click();
    await page.getByText("Begins with “Sum” · your words").waitFor();
    expect(await focused(page)).toBe("textarea.");
    await page.keyboard.press("Enter");
    await page.getByText("The answer is 51.").first().waitFor();

    await page.getByRole("button", { name: "Begin with a prompt" }).click();
    await prompts.getByRole("button", { name: "Use the prompt Meals" }).click();
    expect(await page.getByRole("button", { name: "Send" }).isDisabled()).toBe(true);
    await page.getByRole("textbox", { name: "Message to Molty" }).fill("what is 2 * 3");
    await page.keyboard.press("Enter");
    const quote = page.locator("figure.quote").filter({ hasText: "Anna Lindqvist" });
    await quote.getByText("For each meal", { exact: false }).waitFor();
  }, 30_000);

  it("shares a prompt and a secret, never its value, and says what each share means", async () => {
    await open(WIDE);
    const prompts = await go("Prompts");
    await prompts.getByRole("button", { name: "Sharing of Read a contract" }).click();
    const share = page.getByRole("dialog", { name: "Who may use Read a contract" });
    await share.getByRole("button", { name: "Share it…" }).click();
    await share.getByRole("checkbox", { name: /it goes along as a quote/ }).check();
    await share.getByRole("button", { name: "Share it", exact: true }).click();
    await share.getByText("may use it and change it").waitFor();
    await look("a prompt that is shared");
    await page.keyboard.press("Escape");
    await prompts.getByText("Shared with everyone in the house.", { exact: false }).waitFor();
    await page.keyboard.press("Escape");

    const secrets = await go("Secrets");
    await secrets.getByRole("button", { name: "Add a secret" }).click();
    await secrets.getByRole("textbox", { name: "Name" }).fill("music");
    await secrets.getByRole("textbox", { name: "Value" }).fill("sk-canary-value");
    await secrets.getByRole("textbox", { name: /these hosts/ }).fill("api.music.example");
    await secrets.getByRole("button", { name: "Store it" }).click();
    await secrets.getByText("music", { exact: true }).waitFor();
    expect(await page.content()).not.toContain("canary");
    await secrets.getByRole("button", { name: "Sharing of music" }).click();
    await page.getByRole("dialog", { name: "Who may use music" }).getByText("Private: for you alone").waitFor();
  }, 30_000);

  it("releases a conversation only after showing every word, and no further than was seen", async () => {
    await open(WIDE);
    await talk();
    const release = await readers();
    await release.getByRole("button", { name: "Show it to somebody…" }).click();
    await release.getByText("4 messages", { exact: true }).waitFor();
    await release.getByText("1 recognised secret").waitFor();
    expect(await focused(page)).toBe("select.field");
    gateway.say("Something that came meanwhile.");
    await release
      .getByRole("button", { name: /^Only up to here/ })
      .nth(1)
      .click();
    await release.getByText("2 messages", { exact: true }).waitFor();
    expect(await release.getByText("Dinner on Thursday").count()).toBe(0);
    await release.getByRole("button", { name: "Show it to Anna Lindqvist" }).click();
    await release.getByText("Anna Lindqvist reads it now.").waitFor();
    await release.getByText("messages since are yours alone.", { exact: false }).waitFor();
    await look("a conversation that is shown");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "1 person read this conversation" }).click();
    await release.getByRole("button", { name: "End it for Anna Lindqvist" }).click();
    await release.getByText("Anna Lindqvist reads it no more.").waitFor();
    await release.getByText("Private: for you alone").waitFor();
  }, 30_000);

  it("shows what somebody else released to be read alone, and nothing of it once they end it", async () => {
    await open(WIDE);
    gateway.show("Anna Lindqvist", "Trip to Lisbon", TRIP);
    await page.getByRole("button", { name: /Trip to Lisbon/ }).click();
    await page.getByText("Four nights near the river").first().waitFor();
    await page.getByRole("heading", { level: 1, name: "Anna Lindqvist" }).waitFor();
    expect(await page.getByRole("textbox", { name: /Message to/ }).count()).toBe(0);
    for (const name of [/Where from/, /this conversation/, /Attach files/])
      expect(await page.getByRole("button", { name }).count()).toBe(0);
    gateway.hide("Trip to Lisbon");
    await page.getByText("Shared with you").waitFor({ state: "detached" });
    expect(await page.content()).not.toContain("Lisbon");
  }, 30_000);

  it("makes a role of the house’s own, gives it, and keeps it while somebody has it", async () => {
    await open(WIDE);
    const people = await go("People");
    await people.getByRole("button", { name: "Make a role" }).click();
    await people.getByRole("textbox", { name: "Name", exact: true }).fill("Neighbour");
    await people.getByRole("checkbox", { name: /^Answer questions/ }).uncheck();
    await people.getByRole("textbox", { name: "More operations" }).fill("contacts.list");
    await people.getByRole("button", { name: "Make it" }).click();
    await people.getByText("The role Neighbour is made.").waitFor();
    await people.getByRole("button", { name: "Change Bert" }).click();
    await people.getByRole("radio", { name: /^Neighbour/ }).check();
    await people.getByRole("button", { name: "Give this role" }).click();
    await people.getByText("Bert is now: Neighbour.").waitFor();
    const roles = people.getByRole("list", { name: "Roles" });
    await roles.getByText("1 person with it.", { exact: false }).waitFor();
    expect(await roles.getByRole("button", { name: "Remove the role Neighbour" }).count()).toBe(0);
    await look("a role that somebody has");
  }, 30_000);

  it("offers a viewer no prompt to keep, no secret, and nobody to show things to", async () => {
    await open(NARROW, "dark", "viewer");
    const prompts = await go("Prompts");
    expect(await prompts.getByRole("button", { name: /^(Keep|Use|Change|Remove|Sharing)/ }).count()).toBe(0);
    await look("prompts, for a viewer");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Overview and settings" }).click();
    expect(await page.getByRole("button", { name: "Secrets", exact: true }).count()).toBe(0);
  }, 30_000);

  it("pairs this browser with a key that nobody can take out, stays it over a reload, and is none after a sign-out", async () => {
    await open(WIDE);
    await page.goto(`${gateway.url}/#pair=WRNG-CODE`);
    await page.getByRole("button", { name: "Pair this browser" }).click();
    await page.getByRole("alert").getByText("The pairing code was used already", { exact: false }).waitFor();
    await page.goto(`${gateway.url}/#pair=${PAIRING}`);
    await page.getByRole("textbox", { name: /What it is called/ }).fill("Kitchen laptop");
    expect(page.url()).toBe(`${gateway.url}/`);
    await page.keyboard.press("Enter");
    await page.locator(".bar").waitFor();
    expect(await page.evaluate("document.cookie")).toBe("");
    const kept = await page.evaluate<readonly unknown[]>(`new Promise((resolve, reject) => {
      const opening = indexedDB.open("moltbot", 1);
      opening.onerror = reject;
      opening.onsuccess = () => {
        const asked = opening.result.transaction("device").objectStore("device").get("this");
        asked.onerror = reject;
        asked.onsuccess = () => {
          const { privateKey } = asked.result.keys;
          crypto.subtle.exportKey("pkcs8", privateKey).then(
            () => resolve([privateKey.extractable, "taken out"]),
            (error) => resolve([privateKey.extractable, error.name]),
          );
        };
      };
    })`);
    expect(kept).toEqual([false, "InvalidAccessError"]);
    await page.reload();
    await page.locator(".bar").waitFor();
    await page.getByRole("button", { name: "Overview and settings" }).click();
    await page.getByRole("button", { name: "Sign out", exact: true }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    expect(gateway.requests.some((line) => line.startsWith("DELETE /v2/devices/"))).toBe(true);
    await page.reload();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
  }, 30_000);
});
