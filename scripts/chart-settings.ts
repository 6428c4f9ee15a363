import { settings } from '../src/config/index.ts';
import type { Setting } from '../src/config/setting.ts';

/** The chart has one port and one place for the volume, which its other objects name. */
const setByTheChart = ['PORT', 'DATA_DIR'];

/** The schema of the values of the Helm chart, with the names of all settings, so that a misspelt one is refused. */
export function withSettingNames(schema: string): string {
  const all = Object.values(settings) as Setting<unknown>[];
  const plain = all.filter(({ name, isSecret }) => !isSecret && !setByTheChart.includes(name));
  const secret = all.filter(({ isSecret }) => isSecret);
  const lists = { setting: plain, secret, existingSecret: secret };
  return Object.entries(lists).reduce((text, [definition, names]) => {
    const properties = new RegExp(
      `(?<="${definition}sByName": \\{[^{]*"properties": \\{).*?(?=\\n      \\})`,
      's',
    );
    if (!properties.test(text)) throw new Error(`the schema has no properties of ${definition}sByName`);
    const lines = names.map(({ name }) => `\n        "${name}": { "$ref": "#/$defs/${definition}" }`);
    return text.replace(properties, () => lines.join(','));
  }, schema);
}
