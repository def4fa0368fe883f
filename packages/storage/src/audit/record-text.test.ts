import canonicalize from "canonicalize";
import { AuditRecord, instantOf } from "@moltbot/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { leafLine, parseLogLine, readLogLine, recordLine, skimLogLine } from "./log-line.ts";
import { hasRecordForm, recordText } from "./record-text.ts";

const wellFormed = fc.string({ unit: "binary" }).map((text) => text.toWellFormed());
/** No record has a field of that name: the schema that makes records leaves it out. */
const names = wellFormed.filter((name) => name !== "__proto__");
const hash = fc.stringMatching(/^[0-9a-f]{64}$/);
const records = fc.record({
  sequence: fc.nat(),
  at: fc.integer({ min: -62_167_219_200_000, max: 253_402_300_799_999 }).map(instantOf),
  event: wellFormed,
  actor: wellFormed,
  fields: fc.dictionary(
    names,
    fc.oneof(
      wellFormed,
      fc.boolean(),
      fc.constant(null),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.nat(),
    ),
  ),
  commitments: fc.dictionary(fc.oneof(names, fc.constant("10"), fc.constant("9")), hash),
});

describe("the text of a record", () => {
  it("is canonical JSON for every record, and is read back as the same record, whole and skimmed", () => {
    fc.assert(
      fc.property(records, (record) => {
        const text = recordText(record);
        expect(text).toBe(canonicalize(record));
        const { line, leaf } = recordLine(record);
        const read = parseLogLine(line);
        expect(read).toMatchObject({ kind: "record", sequence: record.sequence, leaf });
        if (typeof read !== "string" && read.kind === "record") expect(recordText(read.record)).toBe(text);
        expect(skimLogLine(Buffer.from(line))).toEqual({ kind: "record", sequence: record.sequence, leaf });
      }),
      { numRuns: 500 },
    );
  });

  it("takes for a record exactly what the schema takes for one", () => {
    const good = { sequence: 0, at: "2026-11-22T12:00:00.000Z", event: "a:b", actor: "x", fields: {}, commitments: {} };
    const odd = fc.oneof(
      fc.constant(good),
      fc.record(
        {
          sequence: fc.constantFrom<unknown>(0, -1, 1.5, "0", null, Number.MAX_SAFE_INTEGER + 2),
          at: fc.constantFrom<unknown>(
            "2026-11-22T12:00:00.000Z",
            "2026-11-22T12:00:00Z",
            "2026-02-30T12:00:00.000Z",
            "",
            5,
          ),
          event: fc.constantFrom<unknown>("a", null, 1),
          actor: fc.constantFrom<unknown>("a", undefined, {}),
          fields: fc.constantFrom<unknown>({}, { a: 1 }, { a: [] }, { a: Number.NaN }, [], null, "x"),
          commitments: fc.constantFrom<unknown>({}, { a: "f".repeat(64) }, { a: "F".repeat(64) }, { a: 1 }, null),
        },
        { requiredKeys: [] },
      ),
    );
    fc.assert(
      fc.property(odd, (value) => {
        expect(hasRecordForm(value)).toBe(AuditRecord.safeParse(value).success);
      }),
      { numRuns: 2_000 },
    );
    expect(hasRecordForm(null)).toBe(false);
    expect(hasRecordForm(good)).toBe(true);
  });
});

describe("a line", () => {
  const record: AuditRecord = {
    sequence: 7,
    at: instantOf(0),
    event: "a:b",
    actor: "ü",
    fields: { z: 1, control: "\u0007" },
    commitments: {},
  };
  const { line, leaf } = recordLine(record);
  const alone = leafLine({ sequence: 7, leaf });

  it("of a hash alone is read back, and nothing that only looks like one", () => {
    expect(parseLogLine(alone)).toEqual({ kind: "leaf", sequence: 7, leaf });
    expect(skimLogLine(Buffer.from(alone))).toEqual({ kind: "leaf", sequence: 7, leaf });
    for (const odd of [
      alone.replace('"sequence":7', '"sequence":07'),
      alone.replace('"sequence":7', '"sequence":-7'),
      alone.toUpperCase(),
      alone.replace("}}", ',"x":1}}'),
      alone.slice(0, -1),
      '{"leaf":{}}',
    ])
      expect(typeof parseLogLine(odd)).toBe("string");
  });

  it("is refused with any byte of it changed, added or missing, however it is read", () => {
    const bytes = Buffer.from(line);
    const isSame = (read: ReturnType<typeof parseLogLine>): boolean =>
      typeof read !== "string" && read.kind === "record" && Buffer.from(read.leaf).equals(leaf);
    for (let place = 0; place < bytes.length; place += 1) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(place) ^ 1, place);
      const cut = Buffer.concat([bytes.subarray(0, place), bytes.subarray(place + 1)]);
      const more = Buffer.concat([bytes.subarray(0, place), Buffer.from(" "), bytes.subarray(place)]);
      for (const other of [changed, cut, more]) {
        expect(isSame(readLogLine(other))).toBe(false);
        const skimmed = skimLogLine(other);
        expect(typeof skimmed !== "string" && skimmed.kind === "record" && Buffer.from(skimmed.leaf).equals(leaf)).toBe(
          false,
        );
      }
    }
    expect(readLogLine(Buffer.from([0xff, 0xfe]))).toBe("it is not UTF-8");
  });
});
