/** What a field of a form holds; empty where it has no such field. */
export const textIn = (data: FormData, name: string): string => {
  const value = data.get(name);
  return typeof value === "string" ? value : "";
};

/** What a field of a form lists, parted by spaces or commas. */
export const listIn = (data: FormData, name: string): string[] =>
  textIn(data, name)
    .split(/[\s,]+/)
    .filter((item) => item !== "");

/** Leaves a form by Escape; what the form stands in stays open. */
export const onEscape =
  (leave: () => void) =>
  (event: KeyboardEvent): void => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    leave();
  };
