import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  INTEGRITIES,
  NEUTRAL_LABEL,
  PrincipalId,
  SOURCE_KINDS,
  joinAll,
  joinLabels,
  label,
  SOMEBODY,
  speakersOf,
} from "./index.ts";
import type { Label, Readers, Source } from "./index.ts";

const people = [1, 2, 3, 4].map((n) => PrincipalId.parse(`01930000-0000-7000-8000-00000000000${String(n)}`));
const anyReaders: fc.Arbitrary<Readers> = fc.oneof(
  fc.constant<Readers>("public"),
  fc.array(fc.constantFrom(...people), { maxLength: 6 }),
);
const anySource = fc.record({
  kind: fc.constantFrom(...SOURCE_KINDS),
  ref: fc.constantFrom("", "a", "b", "example.org:443", "a\u0000b"),
});
const anyLabel: fc.Arbitrary<Label> = fc
  .tuple(fc.constantFrom(...INTEGRITIES), anyReaders, fc.array(anySource, { maxLength: 5 }))
  .map(([integrity, readers, sources]) => label(integrity, readers, sources));

const strength = ({ integrity }: Label): number => INTEGRITIES.indexOf(integrity);
const mayRead = ({ readers }: Label, person: PrincipalId): boolean => readers === "public" || readers.includes(person);

describe("joining labels", () => {
  it("does not depend on brackets", () => {
    fc.assert(
      fc.property(anyLabel, anyLabel, anyLabel, (a, b, c) => {
        expect(joinLabels(joinLabels(a, b), c)).toEqual(joinLabels(a, joinLabels(b, c)));
      }),
    );
  });

  it("does not depend on order", () => {
    fc.assert(
      fc.property(anyLabel, anyLabel, (a, b) => {
        expect(joinLabels(a, b)).toEqual(joinLabels(b, a));
      }),
    );
  });

  it("of a label with itself changes nothing", () => {
    fc.assert(
      fc.property(anyLabel, (a) => {
        expect(joinLabels(a, a)).toEqual(a);
      }),
    );
  });

  it("with the neutral label changes nothing, and of none is the neutral label", () => {
    fc.assert(
      fc.property(anyLabel, (a) => {
        expect(joinLabels(NEUTRAL_LABEL, a)).toEqual(a);
      }),
    );
    expect(joinAll([])).toEqual(NEUTRAL_LABEL);
  });

  it("never raises integrity and takes the lowest", () => {
    fc.assert(
      fc.property(anyLabel, anyLabel, (a, b) => {
        expect(strength(joinLabels(a, b))).toBe(Math.min(strength(a), strength(b)));
      }),
    );
  });

  it("never lets a person read what one of both kept from them", () => {
    fc.assert(
      fc.property(anyLabel, anyLabel, fc.constantFrom(...people), (a, b, person) => {
        expect(mayRead(joinLabels(a, b), person)).toBe(mayRead(a, person) && mayRead(b, person));
      }),
    );
  });

  it("loses no source", () => {
    fc.assert(
      fc.property(fc.array(anyLabel, { maxLength: 5 }), (labels) => {
        const joined = joinAll(labels);
        for (const source of labels.flatMap(({ sources }) => sources)) expect(joined.sources).toContainEqual(source);
      }),
    );
  });

  it("of readers without a common one leaves nobody, which is not everybody", () => {
    const [a, b] = people;
    if (a === undefined || b === undefined) throw new Error("two people are needed");
    expect(joinLabels(label("authority", [a]), label("authority", [b])).readers).toEqual([]);
  });
});

describe("a label", () => {
  it("made from the same things in another order is the same bytes", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...people)), fc.array(anySource), (readers, sources) => {
        expect(JSON.stringify(label("participant", readers, sources))).toBe(
          JSON.stringify(
            label("participant", [...readers, ...readers].toReversed(), [...sources, ...sources].toReversed()),
          ),
        );
      }),
    );
  });

  it("cannot be changed after it was made", () => {
    const made = label("authority", people, [{ kind: "host", ref: "a" }]);
    expect(Object.isFrozen(made)).toBe(true);
    expect(Object.isFrozen(made.readers)).toBe(true);
    expect(Object.isFrozen(made.sources)).toBe(true);
  });
});

describe("those who speak for themselves", () => {
  it("are hosts, memories, skills and every tool but those that show what lies here", () => {
    const speaks = (kind: Source["kind"], ref: string): boolean => speakersOf([{ kind, ref }]).length === 1;
    for (const kind of ["message", "file", "model", "configuration"] as const) expect(speaks(kind, "a")).toBe(false);
    expect([speaks("host", ""), speaks("memory", "m1"), SOMEBODY.kind]).toEqual([true, true, "host"]);
    expect([speaks("skill", "tidy-notes"), speaks("tool", "skill.read"), speaks("tool", "skill")]).toEqual([
      true,
      false,
      true,
    ]);
    for (const ref of ["exec.run", "file.read", "memory.search", "contact.find", "reminder.list", "clock.now", "calc"])
      expect(speaks("tool", ref)).toBe(false);
    for (const ref of ["web.fetch", "http.get", "mail.read", "calc.remote", "execs.run", "my.exec.run", "", "file"])
      expect(speaks("tool", ref)).toBe(true);
  });
});
