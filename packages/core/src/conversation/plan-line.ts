import type { Plan } from "@moltbot/contracts";

/** How a model sees the plan it committed. */
export const planLine = ({ steps }: Plan): string => {
  const number = steps.length === 1 ? "1 step" : `${String(steps.length)} steps`;
  return `⟦plan of ${number} committed: ${steps.map(({ tool }) => tool).join(", ")}⟧`;
};
