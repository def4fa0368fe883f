import type { Result } from "@moltbot/contracts";
import { afterEach, describe, expect, it } from "vitest";
import { must, peopleHouses } from "./operations/testing/people-house.ts";
import type { PeopleHouse } from "./operations/testing/people-house.ts";
import { hostsToServe, linkAddress } from "./public-address.ts";

const houses = peopleHouses();
afterEach(houses.close);
const set = ({ operations, context }: PeopleHouse, value: string): Promise<Result<unknown>> =>
  operations["config.set"](context(), { key: "gateway.publicUrl", value });
/** Every link that lets somebody in, without what only its holder knows. */
const links = async ({ operations, context }: PeopleHouse): Promise<readonly string[]> => {
  const wish = { name: "Ada", role: "member", hours: 1 } as const;
  const invited = must(await operations["people.invite"](context(), wish));
  const again = must(await operations["people.link"](context(), { personId: invited.person.id, hours: 1 }));
  const own = must(await operations["links.create"](context(), {}));
  const paired = must(await operations["devices.invite"](context(), {}));
  return [invited, again, own, paired].map(({ url }) => url.replace(/=.*/, ""));
};

describe("the address that links lead to", () => {
  it("is where the gateway listens, or where the settings say that people reach it", async () => {
    const house = await houses.start();
    const at = (origin: string): readonly string[] => [
      `${origin}/signin#code`,
      `${origin}/signin#code`,
      `${origin}/signin#code`,
      `${origin}/#pair`,
    ];
    expect(await links(house)).toEqual(at("http://127.0.0.1:1"));
    must(await set(house, "https://Moltbot.example:8443/"));
    expect(await links(house)).toEqual(at("https://moltbot.example:8443"));
  });

  it("is not set to one that is refused, and links stay where they led", async () => {
    const house = await houses.start();
    const before = await links(house);
    for (const text of ["http://moltbot.example", "https://moltbot.example/elsewhere"])
      expect(await set(house, text)).toMatchObject({ ok: false, error: { code: "CONFIG_INVALID_VALUE" } });
    expect(await links(house)).toEqual(before);
  });

  it("unplug: taken as it stands, one without https would carry the code where others read it", () => {
    expect(linkAddress({ publicUrl: "http://moltbot.example" }, "http://127.0.0.1:1")).toBe("http://moltbot.example");
  });

  it("is served: requests under its name are ours", () => {
    expect(hostsToServe({ publicUrl: "", allowedHosts: ["a.example"] })).toEqual(["a.example"]);
    expect(hostsToServe({ publicUrl: "https://b.example:8443", allowedHosts: ["a.example"] })).toEqual([
      "a.example",
      "b.example:8443",
    ]);
  });
});
