import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { ok } from "@moltbot/contracts";
import type { AuditDetailsRow, AuditDetailsStore } from "../details-store.ts";

type Stored = Omit<AuditDetailsRow, "sealed">;

const load = (path: string): Stored[] => {
  const text = existsSync(path) ? readFileSync(path, "utf8") : "";
  const whole = text.slice(0, text.lastIndexOf("\n") + 1); // a torn transaction never happened
  return whole
    .split("\n")
    .filter(Boolean)
    .flatMap((line) => JSON.parse(line) as Stored[]); // the shape that put wrote
};

/** A side table on a file, one line for each transaction; a killed process leaves whole transactions. */
export const fileDetails = (path: string): AuditDetailsStore => {
  let rows = load(path);
  let acknowledged = 0; // what a killed process knew is not kept here; the database keeps it
  return {
    put: async (more, known) => {
      const stored = more.map(({ sequence, leaf, subject }) => ({ sequence, leaf, subject }));
      appendFileSync(path, `${JSON.stringify(stored)}\n`);
      acknowledged = known;
      rows.push(...stored);
      return ok(undefined);
    },
    acknowledged: async () => ok(Math.min(acknowledged, rows.length)),
    highest: async () => ok(rows.length),
    range: async (from, to) => ok(rows.slice(from, to).map((row) => ({ ...row, sealed: null }))),
    leaves: async (from, to) => ok(rows.slice(from, to)),
    forget: async () => ok(undefined), // nothing sealed is kept here
    truncate: async (size) => {
      rows = rows.slice(0, size);
      writeFileSync(path, `${JSON.stringify(rows)}\n`);
      return ok(undefined);
    },
  };
};
