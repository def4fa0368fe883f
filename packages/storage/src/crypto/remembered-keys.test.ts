import { err, moltbotError, ok } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { createContentSealer, randomBytes } from "./index.ts";
import type { SubjectKeys } from "./index.ts";

const ring = (): { readonly keys: SubjectKeys; readonly held: Map<string, Uint8Array> } => {
  const held = new Map<string, Uint8Array>();
  const keys: SubjectKeys = {
    find: (subject) => held.get(subject) ?? null,
    findOrCreate: (subject) => {
      if (subject === "person:refused") return err(moltbotError("VAULT_LOCKED", { problem: "a test says so" }));
      const key = held.get(subject) ?? randomBytes(32);
      held.set(subject, key);
      return ok(key);
    },
  };
  return { keys, held };
};

const sealed = (result: ReturnType<ReturnType<typeof createContentSealer>["seal"]>): Uint8Array => {
  if (!result.ok) throw new Error(result.error.code);
  return result.value;
};

describe("derived keys that are remembered", () => {
  const subjects = ["conversation:1", "person:1"];

  it("open what they sealed, again and again and in any order of subjects", () => {
    const sealer = createContentSealer(ring().keys);
    const box = sealed(sealer.seal(subjects, "message:1", "hello"));
    for (const names of [subjects, subjects.toReversed(), [...subjects, ...subjects]]) {
      expect(sealer.open(names, "message:1", box)).toEqual(ok("hello"));
    }
  });

  it("open nothing once a subject's key is erased, and nothing old once it has a new one", () => {
    const { keys, held } = ring();
    const sealer = createContentSealer(keys);
    const box = sealed(sealer.seal(subjects, "message:1", "hello"));
    expect(sealer.open(subjects, "message:1", box).ok).toBe(true);
    held.delete("person:1");
    expect(sealer.open(subjects, "message:1", box)).toMatchObject({ error: { code: "CONTENT_UNREADABLE" } });
    held.set("person:1", randomBytes(32));
    expect(sealer.open(subjects, "message:1", box)).toMatchObject({ error: { code: "CONTENT_UNREADABLE" } });
    expect(sealer.open(subjects, "message:2", sealed(sealer.seal(subjects, "message:2", "new"))).ok).toBe(true);
  });

  it("are forgotten when there are very many, and derived again", () => {
    const sealer = createContentSealer(ring().keys);
    const first = sealed(sealer.seal(["conversation:first"], "message:1", "hello"));
    for (let at = 0; at < 1_100; at += 1) sealed(sealer.seal([`conversation:${String(at)}`], "message:1", "noise"));
    expect(sealer.open(["conversation:first"], "message:1", first)).toEqual(ok("hello"));
  });

  it("are not made without a subject, or when one has no key", () => {
    const sealer = createContentSealer(ring().keys);
    expect(sealer.seal(["person:refused"], "message:1", "x")).toMatchObject({ error: { code: "VAULT_LOCKED" } });
    expect(sealer.seal([], "message:1", "x").ok).toBe(false);
    expect(sealer.open([], "message:1", randomBytes(64)).ok).toBe(false);
  });
});
