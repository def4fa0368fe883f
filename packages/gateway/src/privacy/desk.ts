import { done, ok, ownScope } from "@moltbot/contracts";
import { houseScope } from "../keep-house.ts";
import { eraseSubject, isUnfinished } from "./erase-subject.ts";
import { exportSubject } from "./export-subject.ts";
import { oneAtATime } from "./one-at-a-time.ts";
import type { PrivacyDesk, PrivacyPorts } from "./ports.ts";

/** Binds erasing and exporting to one house; erasures run one after the other, so that the list of destroyed keys tells them apart. */
export const createPrivacyDesk = (ports: PrivacyPorts): PrivacyDesk => {
  const alone = oneAtATime();
  return {
    erase: (by, subject) => alone(() => eraseSubject(ports, by, subject)),
    export: (by, subject) => exportSubject(ports, by, subject),
    certificates: async (by) => {
      const { privacy } = ports.house.store;
      const own = await privacy.certificates(ownScope(by));
      if (!own.ok) return own;
      const all = by.role === "owner" ? await privacy.certificates(houseScope(by)) : own;
      if (!all.ok) return all;
      const mine = new Set<string>(own.value.map(({ id }) => id));
      // Whoever keeps the house can show that somebody was erased; of which conversations others had none the less.
      const seen = all.value.filter(({ id, subject }) => mine.has(id) || subject.kind === "person");
      return ok(seen.filter((certificate) => !isUnfinished(certificate)));
    },
    forget: (subjects) =>
      alone(async () => {
        const erased = await ports.vault.erase(subjects);
        return erased.ok ? done : erased;
      }),
  };
};
