import type { AuditReport, LogPort } from "@moltbot/contracts";

/** What is known of the log since it was opened. */
export interface AuditHealth {
  /** `checking` while records from before the last checkpoint are still being read. */
  readonly state: "checking" | "sound" | "damaged";
  /** How many records were checked since the start. */
  readonly checked: number;
  /** The first fault. */
  readonly fault: AuditReport["faults"][number] | null;
}

/** The fault that lies furthest back; of the log as a whole only when there is no other. */
const firstOf = (faults: AuditReport["faults"]): AuditReport["faults"][number] | undefined =>
  faults.toSorted((a, b) => (a.record ?? Infinity) - (b.record ?? Infinity))[0];

/** Remembers the log's health, and tells the program's log of its first fault loudly. */
export const watchHealth = (log: LogPort, checked: number) => {
  let health: AuditHealth = { state: "sound", checked, fault: null };
  return {
    health: (): AuditHealth => health,
    checking: (count: number): void => {
      if (health.state !== "damaged") health = { state: "checking", checked: count, fault: null };
    },
    sound: (count: number): void => {
      if (health.state !== "damaged") health = { state: "sound", checked: count, fault: null };
    },
    damaged: (faults: AuditReport["faults"], count: number): void => {
      const fault = firstOf(faults);
      if (fault === undefined || health.state === "damaged") return;
      health = { state: "damaged", checked: count, fault };
      log.error("the audit log is damaged: keep it as evidence and compare it with a head held elsewhere", {
        record: fault.record,
        code: fault.code,
        faults: faults.length,
      });
    },
  };
};
