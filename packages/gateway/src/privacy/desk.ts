import { done, ok } from "@moltbot/contracts";
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
    certificates: async ({ id, tenantId }) => {
      const all = await ports.house.store.privacy.certificates({ tenantId, principalId: id, reach: "tenant" });
      return all.ok ? ok(all.value.filter((certificate) => !isUnfinished(certificate))) : all;
    },
    forget: (subjects) =>
      alone(async () => {
        const erased = await ports.vault.erase(subjects);
        return erased.ok ? done : erased;
      }),
  };
};
