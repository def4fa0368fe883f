import { afterEach, describe, expect, it, vi } from "vitest";
import { done, ok } from "@moltbot/contracts";
import * as realRoom from "../index.ts";
import { buildHouse, callOf, OWNER, STRANGER } from "../testing/house.ts";
import type { House } from "../testing/house.ts";
import type * as EditFile from "./edit.ts";
import type * as VisibleText from "../visible-text.ts";

type Room = Pick<typeof realRoom, "createGuard" | "createPermitBook">;

/** The guard's room with one of its files replaced: the control is out, everything else is as it ships. */
const roomWithout = async (file: string, double: (original: object) => object): Promise<Room> => {
  vi.resetModules();
  vi.doMock(file, async (importOriginal) => ({
    ...(await importOriginal<object>()),
    ...double(await importOriginal<object>()),
  }));
  return import("../index.ts");
};

const FILES = ["./constraints.ts", "./edit.ts", "./rights.ts", "./step-up.ts", "../visible-text.ts"];
afterEach(() => {
  for (const file of FILES) vi.doUnmock(file);
  vi.resetModules();
});

const MAIL = { to: "bob@example.org", text: "hi" };
const EVIL = { to: "eve@evil.test", text: "hi" };

/** An attack on a house; what it returns is how many effects there were that no person had seen. */
type Attack = (house: House) => Promise<number>;

/** Somebody holds the owner's stolen session and answers the card about a payment. */
const stolenSession: Attack = async (house) => {
  house.dials.settings = { ...house.dials.settings, stepUp: true };
  const call = callOf("bank.pay", { to: "eve", amount: 900 });
  await house.answer(await house.parked(call), { proof: "guessed" });
  await house.attempt(call);
  return house.world.length;
};

/** A page in the owner's browser swaps the limits of the answer that the owner gives to a harmless card. */
const swappedLimits: Attack = async (house) => {
  await house.answer(await house.parked(callOf("mail.send", MAIL)), {
    scope: "always",
    constraints: [{ kind: "equals", argument: "to", value: EVIL.to }],
  });
  await house.attempt(callOf("mail.send", EVIL));
  return house.world.length;
};

/** A hijacked model asks for harm, the person changes it into something harmless, and the harm is tried all the same. */
const runAsAsked: Attack = async (house) => {
  const call = callOf("mail.send", EVIL);
  await house.answer(await house.parked(call), { arguments: MAIL });
  const verdict = await house.verdictOf(call);
  if (verdict.kind !== "allow") return 0;
  const scope = { tenantId: OWNER.tenantId, principalId: OWNER.id, reach: "own" } as const;
  const permit = await house.guard.admit(scope, call, verdict, []);
  if (permit.ok) await house.tools.run(permit.value, call, scope, AbortSignal.any([]));
  return house.world.length;
};

/** The person pastes an address from a page; it holds a character that turns it into another one. */
const pastedAddress: Attack = async (house) => {
  const call = callOf("mail.send", MAIL);
  await house.answer(await house.parked(call), { arguments: { to: "bob@example.org\u200B.evil.test", text: "hi" } });
  await house.attempt(call);
  return house.world.filter(({ arguments: given }) => given["to"] !== MAIL.to).length;
};

const strangerAnswers: Attack = async (house) => {
  const call = callOf("mail.send", EVIL);
  await house.answer(await house.parked(call), {}, STRANGER);
  await house.attempt(call);
  return house.world.length;
};

const CONTROLS: readonly (readonly [string, string, (original: object) => object, Attack])[] = [
  ["a payment needs a fresh proof", "./step-up.ts", () => ({ stepUp: () => Promise.resolve(done) }), stolenSession],
  ["limits must fit the call just seen", "./constraints.ts", () => ({ limitsProblem: () => null }), swappedLimits],
  [
    "a changed call has a digest of its own",
    "./edit.ts",
    (original) => {
      const { editedCall } = original as typeof EditFile; // the file named beside it
      return {
        editedCall: async (...given: Parameters<typeof editedCall>) => {
          const edited = await editedCall(...given);
          const [, , approval] = given;
          return edited.ok && edited.value !== null
            ? ok({ ...edited.value, input: { ...edited.value.input, digest: approval.digest } })
            : edited;
        },
      };
    },
    runAsAsked,
  ],
  [
    "what decides is typed in characters that can be seen",
    "../visible-text.ts",
    () => ({ visibleValue: (value: Parameters<typeof VisibleText.visibleValue>[0]) => value }),
    pastedAddress,
  ],
  [
    "only those whose conversation it is answer",
    "./rights.ts",
    () => ({
      questionOf: (
        ports: House["ports"],
        scope: Parameters<House["store"]["approvals"]["find"]>[0],
        _: unknown,
        id: never,
      ) => ports.store.approvals.find(scope, id),
    }),
    strangerAnswers,
  ],
];

describe("unplug: each control of an answer", () => {
  it.each(CONTROLS)("%s: in place the attack fails, without it it succeeds", async (_, file, double, attack) => {
    expect(await attack(buildHouse())).toBe(0);
    expect(await attack(buildHouse(await roomWithout(file, double)))).toBeGreaterThan(0);
  });

  it("a weaker proof port lets the stolen session pay", async () => {
    const weak: Room = {
      ...realRoom,
      createGuard: (ports) =>
        realRoom.createGuard({
          ...ports,
          get settings() {
            return ports.settings;
          },
          stepUp: () => Promise.resolve(done),
        }),
    };
    const house = buildHouse(weak);
    house.dials.settings = { ...house.dials.settings, stepUp: true };
    const call = callOf("bank.pay", { to: "eve", amount: 900 });
    await house.answer(await house.parked(call), { proof: "guessed" });
    expect(await house.attempt(call)).toBe("ran");
  });
});
