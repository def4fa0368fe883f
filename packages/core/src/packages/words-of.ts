import type { PackageContent, PluginInput } from "@moltbot/contracts";

type Property = PluginInput["properties"][string];

const wordsOfProperty = (property: Property): readonly string[] => [
  ...(property.description === undefined ? [] : [property.description]),
  ...(property.type === "string" ? (property.enum ?? []) : []),
  ...(property.type === "array" ? wordsOfProperty(property.items) : []),
];

/** Every text of a package that models or people read, but for programs. */
export const wordsOf = (content: PackageContent): readonly string[] => {
  if (content.kind === "skill") {
    const { description, compatibility = "", licence = "", tools } = content.manifest;
    return [
      description,
      compatibility,
      licence,
      ...tools,
      ...content.files.flatMap((file) => ("text" in file ? [file.text] : [])),
    ];
  }
  const { title, description, author = "", licence = "", homepage = "", tools, permissions, sees } = content.manifest;
  return [
    title,
    description,
    author,
    licence,
    homepage,
    ...sees,
    ...permissions.map(({ why }) => why),
    ...tools.flatMap((tool) => [
      tool.title,
      tool.description,
      ...Object.values(tool.input.properties).flatMap(wordsOfProperty),
    ]),
  ];
};
