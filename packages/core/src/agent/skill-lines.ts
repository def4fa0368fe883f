import type { SkillsInSight } from "./ports.ts";

const MOST_NAMED = 20;
const LONGEST = 200;

const shortened = (description: string): string =>
  description.length <= LONGEST ? description : `${description.slice(0, LONGEST).trimEnd().toWellFormed()}…`;

/** What the prompt says of skills: nothing where there are none. */
export const skillLines = ({ own, others }: SkillsInSight = { own: [], others: 0 }): readonly string[] => {
  const named = own.slice(0, MOST_NAMED);
  const more = others + own.length - named.length;
  if (named.length + more === 0) return [];
  return [
    ...(named.length === 0 ? [] : ["Your owner wrote you skills. Read one with skill.read when a task fits it:"]),
    ...named.map(({ name, description }) => `- ${name}: ${shortened(description)}`),
    ...(more === 0
      ? []
      : [`skill.list shows ${more} ${named.length === 0 ? "" : "more "}${more === 1 ? "skill" : "skills"}.`]),
  ];
};
