import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newPlace, startGatewayProcess } from "../support/gateway-process.ts";
import type { GatewayProcess, Place } from "../support/gateway-process.ts";
import { must } from "../support/must.ts";
import { launchBrowser, reasonToSkipBrowser, skipNote } from "./browser.ts";
import { accessibilityFaults } from "./page-checks.ts";
import { goTo, openWatchedPage } from "./watched-page.ts";

type PageName = "People" | "Prompts" | "Secrets" | "What it costs" | "Sign-ins";

describe.skipIf(reasonToSkipBrowser !== null)(
  `what two people show each other, on a real gateway${skipNote}`,
  { timeout: 60_000 },
  () => {
    let place: Place;
    let gateway: GatewayProcess;
    let browser: Browser;
    let owner: Page;
    let anna: Page;
    const conduct: (readonly string[])[] = [];

    const newPage = async (address: string): Promise<Page> => {
      const { page, conduct: seen } = await openWatchedPage(browser, gateway.url);
      conduct.push(seen);
      await page.goto(address);
      return page;
    };
    const enter = async (link: string): Promise<Page> => {
      const page = await newPage(link);
      await page.locator(".welcome h2").waitFor();
      return page;
    };
    const go = (page: Page, name: PageName): Promise<Locator> => goTo(page, name);
    const say = async (page: Page, text: string, answer: string): Promise<void> => {
      await page.getByRole("textbox", { name: /Message to/ }).fill(text);
      await page.keyboard.press("Enter");
      await page.getByText(answer).first().waitFor();
    };
    /** What the page asks of the gateway by itself, as whoever is signed in there. */
    const asked = (page: Page, path: string): Promise<string> =>
      page.evaluate<string>(`fetch(${JSON.stringify(path)}).then((answer) => answer.text())`);

    beforeAll(async () => {
      place = newPlace();
      gateway = await startGatewayProcess(place);
      browser = await launchBrowser();
      owner = await enter(gateway.link);
      const invited = must(await gateway.client.call("people.invite", { name: "Anna" }));
      anna = await newPage(invited.url);
      await anna.getByRole("heading", { name: "No agent yet" }).waitFor();
      const [agent] = must(await gateway.client.call("agents.list", {}));
      if (agent === undefined) throw new Error("no agent");
      must(
        await gateway.client.call("shares.set", {
          object: { type: "agent", id: agent.id },
          to: { kind: "person", id: invited.person.id },
        }),
      );
      await anna.getByRole("heading", { name: "What can I do for you?" }).waitFor();
    }, 90_000);
    afterAll(async () => {
      await browser?.close();
      await gateway.kill("SIGTERM");
      place.remove();
    });

    it("shares a prompt: the owner’s words for the owner, a quote for Anna", async () => {
      const prompts = await go(owner, "Prompts");
      await prompts.getByRole("button", { name: "Keep a prompt" }).click();
      await prompts.getByRole("textbox", { name: "Name" }).fill("Sum");
      await prompts.getByRole("textbox", { name: "Text" }).fill("what time is it");
      await prompts.getByRole("button", { name: "Keep it" }).click();
      await prompts.getByRole("button", { name: "Sharing of Sum" }).click();
      const share = owner.getByRole("dialog", { name: "Who may use Sum" });
      await share.getByRole("button", { name: "Share it…" }).click();
      await share.getByRole("combobox").selectOption({ label: "Anna" });
      await share.getByRole("button", { name: "Share it", exact: true }).click();
      await share.getByText("Shared with Anna").first().waitFor();
      expect(await accessibilityFaults(owner)).toEqual([]);
      await owner.keyboard.press("Escape");
      await prompts.getByRole("button", { name: "Use the prompt Sum" }).click();
      await owner.keyboard.press("Enter");
      await owner.locator(".bubble").getByText("what time is it").waitFor();

      const hers = await go(anna, "Prompts");
      await hers.getByText("Shared with you by Owner", { exact: false }).waitFor();
      await hers.getByRole("button", { name: "Use the prompt Sum" }).click();
      await anna.getByText("Begins with “Sum” · words of Owner").waitFor();
      await anna.getByRole("textbox", { name: /Message to/ }).fill("hello");
      await anna.keyboard.press("Enter");
      await anna.locator("figure.quote").filter({ hasText: "Owner" }).getByText("what time is it").waitFor();
    });

    it("releases a conversation as far as it was seen: what comes later stays, and its end is at once", async () => {
      await owner.getByRole("button", { name: "New conversation" }).click();
      await say(owner, "hello there", "demo");
      await owner.getByRole("button", { name: "Show this conversation to somebody" }).click();
      const release = owner.getByRole("dialog", { name: "Who reads this conversation" });
      await release.getByRole("button", { name: "Show it to somebody…" }).click();
      await release.getByText("hello there").waitFor();
      expect(await accessibilityFaults(owner)).toEqual([]);
      await release.getByRole("button", { name: "Show it to Anna" }).click();
      await release.getByText("Anna reads it now.").waitFor();
      await owner.keyboard.press("Escape");

      await anna.getByRole("heading", { name: "Shared with you" }).waitFor();
      await anna.getByRole("button", { name: /hello there/ }).click();
      await anna.getByText("Owner shows you this much of it", { exact: false }).waitFor();
      await anna.locator(".bubble").getByText("hello there").waitFor();
      expect(await accessibilityFaults(anna)).toEqual([]);
      await say(owner, "my locker code is 4812", "demo");
      await expect.poll(() => owner.locator(".bubble").count()).toBe(2);
      await anna.reload();
      await anna.getByRole("button", { name: /hello there/ }).click();
      await anna.getByText("Owner shows you this much of it", { exact: false }).waitFor();
      expect(await anna.content()).not.toContain("4812");
      expect(await asked(anna, "/v2/search/messages?query=locker")).not.toContain("4812");

      await owner.getByRole("button", { name: "1 person read this conversation" }).click();
      await release.getByRole("button", { name: "End it for Anna" }).click();
      await release.getByText("Anna reads it no more.").waitFor();
      await owner.keyboard.press("Escape");
      await anna.getByRole("heading", { name: "Shared with you" }).waitFor({ state: "detached", timeout: 2000 });
      expect(await anna.content()).not.toContain("hello there");
    });

    it("keeps a secret of Anna’s own, which the owner does not see, and shows what she used", async () => {
      const secrets = await go(anna, "Secrets");
      await secrets.getByRole("button", { name: "Add a secret" }).click();
      await secrets.getByRole("textbox", { name: "Name" }).fill("trains");
      await secrets.getByRole("textbox", { name: "Value" }).fill("sk-canary-of-anna");
      await secrets.getByRole("textbox", { name: /these hosts/ }).fill("api.trains.example");
      await secrets.getByRole("button", { name: "Store it" }).click();
      await secrets.getByText("trains", { exact: true }).waitFor();
      expect(await accessibilityFaults(anna)).toEqual([]);
      await anna.keyboard.press("Escape");
      const listed = must(await gateway.client.call("secrets.list", {}));
      expect(JSON.stringify(listed)).not.toContain("trains");
      const usage = await go(anna, "What it costs");
      await usage.getByRole("heading", { name: "Today" }).waitFor();
      await usage
        .getByRole("listitem")
        .filter({ hasText: "You" })
        .getByText(/tokens/)
        .first()
        .waitFor();
      expect(await usage.getByRole("radio", { name: "The house" }).count()).toBe(0);
      await anna.keyboard.press("Escape");
    });

    it("pairs a browser by the code, which stays itself over a reload and is out as soon as it is ended", async () => {
      const { url } = must(await gateway.client.call("devices.invite", {}));
      const device = await newPage(`${gateway.url}/${url.slice(url.indexOf("#"))}`);
      await device.getByRole("textbox", { name: /What it is called/ }).fill("Kitchen laptop");
      await device.getByRole("button", { name: "Pair this browser" }).click();
      await device.locator(".bar").waitFor();
      await device.getByRole("button", { name: "New conversation" }).click();
      await say(device, "hello from the kitchen", "demo");
      await device.reload();
      await device.locator(".bubble").getByText("hello from the kitchen").waitFor();
      expect(await device.context().cookies()).toEqual([]);
      const answer = await asked(device, "/v2/agents");
      expect(answer).toContain("NOT_SIGNED_IN");
      const signIns = await go(owner, "Sign-ins");
      await signIns.getByRole("button", { name: "End the device Kitchen laptop" }).click();
      await signIns.getByRole("button", { name: "End it" }).click();
      await signIns.getByText("Kitchen laptop is ended.").waitFor();
      await owner.keyboard.press("Escape");
      await device.getByRole("heading", { name: "Sign in" }).waitFor({ timeout: 4000 });
      expect(await device.content()).not.toContain("from the kitchen");
    });

    it("narrows Anna by a role of the house's own: her page offers what is left, at once", async () => {
      const people = await go(owner, "People");
      await people.getByRole("button", { name: "Make a role" }).click();
      await people.getByRole("textbox", { name: "Name", exact: true }).fill("Reader");
      await people.getByRole("checkbox", { name: /^Talk to agents/ }).uncheck();
      await people.getByRole("textbox", { name: "More operations" }).fill("agents.list, events.stream");
      await people.getByRole("button", { name: "Make it" }).click();
      await people.getByText("The role Reader is made.").waitFor();
      await people.getByRole("button", { name: "Change Anna" }).click();
      await people.getByRole("radio", { name: /^Reader/ }).check();
      await people.getByRole("button", { name: "Give this role" }).click();
      await people.getByText("Anna is now: Reader.").waitFor();
      expect(await accessibilityFaults(owner)).toEqual([]);
      await owner.keyboard.press("Escape");
      await anna.reload();
      await anna.locator(".bar").waitFor();
      await expect.poll(() => anna.getByRole("textbox", { name: /Message to/ }).count()).toBe(0);
      expect(await asked(anna, "/v2/memories")).toContain("ROLE_LEAVES_OUT");
      const hers = await go(anna, "People");
      await hers.getByText("You are here as: Reader.", { exact: false }).waitFor();
      expect(await accessibilityFaults(anna)).toEqual([]);
      expect(conduct.flat()).toEqual([]);
    });
  },
);
