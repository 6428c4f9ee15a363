import { plural } from '../../shell/text/plural.ts';
import type { PastesMessages } from './en.ts';

const count = (number: number, one: string, other: string) => plural('de', number, { one, other });

export const german: PastesMessages = {
  title: 'Meine Einträge',
  needsScript:
    'Ohne JavaScript ist diese Liste leer: Was sie zeigt, liegt allein in Ihrem Browser, und nur ein Skript kann es dort lesen. Der Server weiß nicht, was Ihnen gehört.',
  keptHere:
    'Diese Liste liegt nur in diesem Browser. Wer ihn benutzt, kann sie sehen, sonst niemand; wer die Daten dieser Website löscht, verliert sie.',
  empty: 'Aus diesem Browser wurde noch nichts geteilt.',
  share: 'Etwas teilen',
  filter: 'Filter',
  filterHint: 'Name, Typ oder ID',
  noMatch: 'Nichts in der Liste passt dazu.',
  shown: (number) => count(number, '# Eintrag', '# Einträge'),
  created: (when) => `erstellt ${when}`,
  left: (span) => `noch ${span}`,
  gone: 'Weg',
  encrypted: 'Verschlüsselt',
  reads: (number) => count(number, 'einmal lesbar', '#-mal lesbar'),
  readsLeft: (number) => count(number, 'noch einmal lesbar', 'noch #-mal lesbar'),
  copyLink: (name) => `Link von ${name} kopieren`,
  qr: 'QR-Code',
  qrOf: (name) => `QR-Code von ${name}`,
  qrLabel: 'QR-Code des Links',
  remove: 'Löschen',
  removeOf: (name) => `${name} löschen`,
  removeQuestion: (name) => `${name} löschen?`,
  removeDetail: 'Der Eintrag ist sofort vom Server verschwunden, für alle.',
  removed: (name) => `${name} ist gelöscht.`,
  forget: 'Vergessen',
  forgetOf: (name) => `${name} vergessen, nur hier`,
  forgetQuestion: (name) => `${name} vergessen?`,
  forgetDetail:
    'Der Eintrag verlässt nur diese Liste. Der Link gilt, bis seine Zeit um ist, und von hier aus lässt er sich nicht mehr löschen.',
  forgotten: (name) => `${name} ist nicht mehr in der Liste.`,
  removeAll: 'Alle löschen',
  removeAllQuestion: (number) => count(number, 'Den einen Eintrag löschen?', 'Alle # Einträge löschen?'),
  removeAllDetail: 'Sie sind sofort vom Server verschwunden, für alle.',
  removedAll: 'Alle sind gelöscht.',
  someLeft: (number, reason) =>
    `${count(number, '# Eintrag ließ sich nicht löschen', '# Einträge ließen sich nicht löschen')}. ${reason}`,
  refused: 'Das Lösch-Token ist nicht das richtige.',
  exportList: 'Exportieren',
  importList: 'Importieren',
  imported: (number) => count(number, '# Eintrag kam hinzu.', '# Einträge kamen hinzu.'),
  notImported:
    'Diese Datei ist keine Liste von Einträgen dieses Servers. Wählen Sie eine Datei, die „Exportieren“ gespeichert hat.',
  notKept: 'Der Browser hat keinen Platz dafür oder darf nichts speichern.',
  cancel: 'Abbrechen',
};
