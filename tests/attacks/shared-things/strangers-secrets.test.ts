/** Whoever may give somebody's secret a new value wants to learn the one it has, or where it goes, from the answers. */
import type { SecretInfo } from "@moltbot/contracts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { given } from "../../support/people.ts";
import type { Said } from "../../support/people.ts";
import { startStrangeHouse } from "../strangers/house.ts";
import type { Somebody, StrangeHouse } from "../strangers/house.ts";

const VALUE = "7391";
const HOSTS = ["api.example", "api2.example:8443"];

describe("the value of a secret that somebody else may edit", { timeout: 60_000 }, () => {
  let strange: StrangeHouse;
  let ada: Somebody;
  let bob: Somebody;

  beforeAll(async () => {
    strange = await startStrangeHouse();
    ada = await strange.join("Ada", "member");
    bob = await strange.join("Bob", "member");
  }, 60_000);
  afterAll(() => strange.close());

  const lent = async (name: string, more: Readonly<Record<string, unknown>> = {}): Promise<SecretInfo> => {
    const kept = given<SecretInfo>(
      await ada.browser("secrets.set", { name, value: VALUE, hosts: HOSTS, of: "me", ...more }),
    );
    const to = { kind: "person", id: bob.id };
    given(await ada.browser("shares.set", { object: { type: "secret", id: kept.id }, to, rights: ["use", "edit"] }));
    return kept;
  };
  const guess = (
    { id, name }: SecretInfo,
    value: string,
    more: Readonly<Record<string, unknown>> = {},
  ): Promise<Said> => bob.browser("secrets.set", { name, value, hosts: HOSTS, of: id, ...more });
  const told = ({ status, code, text }: Said): string =>
    `${String(status)} ${String(code)} ${text.replaceAll(/"(rotatedAt|lastUsedAt)":"[^"]*"/gu, '"$1":"at"').replaceAll(/"traceId":"[^"]*"/gu, "")}`;

  it("is not told by the answer to a guess once it has ended", async () => {
    const kept = await lent("ended", { expiresAt: new Date(Date.now() + 400).toISOString() });
    await new Promise((resolve) => setTimeout(resolve, 600));
    for (const more of [
      {},
      { hosts: HOSTS.slice(0, 1) },
      { kind: "password" },
      { rotateEveryDays: 3 },
      { expiresAt: null },
    ])
      expect([more, told(await guess(kept, VALUE, more))]).toEqual([more, told(await guess(kept, "0000", more))]);
  });

  it("is not told by when it says that it was rotated", async () => {
    const kept = await lent("rotated");
    const same = given<SecretInfo>(await guess(kept, VALUE));
    const other = given<SecretInfo>(await guess(kept, "0000"));
    for (const { rotatedAt } of [same, other]) expect(rotatedAt > kept.rotatedAt).toBe(true);
  });

  it("is in no answer, however the wish to change it is malformed", async () => {
    const kept = await lent("malformed");
    const odd: readonly Readonly<Record<string, unknown>>[] = [
      { hosts: ["https://api.example/x"] },
      { hosts: ["api.example", "api.example/../evil.example"] },
      { hosts: ["api.example@evil.example"] },
      { hosts: ["*.example"] },
      { hosts: ["api.example:443"] },
      { hosts: ["api2.example"] },
      { hosts: ["api2.example:08443"] },
      { hosts: ["ａｐｉ.example"] },
      { hosts: ["api.example\u0000.evil"] },
      { hosts: [" api.example"] },
      { hosts: ["xn--api-.example"] },
      { expiresAt: "2999-01-01T00:00:00.000Z", hosts: ["evil.example"] },
      { kind: "nonsense" },
      { value: "" },
      { value: "x".repeat(20_000) },
      { ownerId: bob.id },
      { of: "house" },
      { name: "MALFORMED" },
      { name: "malformed " },
    ];
    for (const wish of odd) {
      const said = await guess(kept, "canary-of-bob-1", wish);
      expect([wish, said.code === null]).toEqual([wish, false]);
      expect(said.text).not.toMatch(/7391|canary-of-bob/);
    }
    expect(given<SecretInfo[]>(await ada.browser("secrets.list")).find(({ id }) => id === kept.id)).toEqual(kept);
  });
});
