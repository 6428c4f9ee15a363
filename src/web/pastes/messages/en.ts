import { plural } from '../../shell/plural.ts';

const count = (number: number, one: string, other: string) => plural('en', number, { one, other });

export const english = {
  title: 'My pastes',
  needsScript:
    'Without JavaScript this list is empty: what it shows is kept in your browser alone, and only a script can read it there. The server does not know what is yours.',
  keptHere:
    'This list is kept in this browser only. Whoever uses this browser can see it; nobody else can, and clearing the data of this site loses it.',
  empty: 'Nothing shared from this browser yet.',
  share: 'Share something',
  filter: 'Filter',
  filterHint: 'Name, type or id',
  noMatch: 'Nothing in the list matches.',
  shown: (number: number) => count(number, '# paste', '# pastes'),
  created: (when: string) => `made ${when}`,
  left: (span: string) => `${span} left`,
  gone: 'Gone',
  encrypted: 'Encrypted',
  reads: (number: number) => count(number, 'one read', '# reads'),
  readsLeft: (number: number) => count(number, 'one read left', '# reads left'),
  copyLink: (name: string) => `Copy the link of ${name}`,
  qr: 'QR code',
  qrOf: (name: string) => `QR code of ${name}`,
  qrLabel: 'QR code of the link',
  remove: 'Delete',
  removeOf: (name: string) => `Delete ${name}`,
  removeQuestion: (name: string) => `Delete ${name}?`,
  removeDetail: 'It will be gone from the server at once, for everyone.',
  removed: (name: string) => `${name} is deleted.`,
  forget: 'Forget',
  forgetOf: (name: string) => `Forget ${name}, here only`,
  forgetQuestion: (name: string) => `Forget ${name}?`,
  forgetDetail:
    'It only leaves this list. The link works until its time is up, and it can no longer be deleted from here.',
  forgotten: (name: string) => `${name} has left the list.`,
  removeAll: 'Delete all',
  removeAllQuestion: (number: number) => count(number, 'Delete the one paste?', 'Delete all # pastes?'),
  removeAllDetail: 'They will be gone from the server at once, for everyone.',
  removedAll: 'All are deleted.',
  someLeft: (number: number, reason: string) =>
    `${count(number, '# could not be deleted', '# could not be deleted')}. ${reason}`,
  refused: 'The delete token is not the right one.',
  exportList: 'Export',
  importList: 'Import',
  imported: (number: number) => count(number, '# paste was added.', '# pastes were added.'),
  notImported: 'This file is not a list of pastes of this server.',
  notKept: 'The browser has no room for it, or may keep nothing.',
  cancel: 'Cancel',
};

export type PastesMessages = typeof english;
