import type { LoadedSkill } from "./skill-library.ts";

/** The skills that were checked at the start or when they were installed, as agents read them. */
export interface SkillShelf {
  all(): readonly LoadedSkill[];
  /** In place of one of the same name. */
  put(skill: LoadedSkill): void;
  remove(name: string): void;
}

export const createSkillShelf = (): SkillShelf => {
  const skills = new Map<string, LoadedSkill>();
  return {
    all: () => [...skills.values()],
    put: (skill) => void skills.set(skill.manifest.name, skill),
    remove: (name) => void skills.delete(name),
  };
};
