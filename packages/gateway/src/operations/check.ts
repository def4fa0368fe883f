import type { Check } from "@moltbot/contracts";

/** One line of the doctor's report. */
export const check = (name: string, state: Check["state"], says: string, next: string | null = null): Check => ({
  name,
  state,
  says,
  next,
});
