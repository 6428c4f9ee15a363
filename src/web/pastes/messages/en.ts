import { plural } from '../../shell/text/plural.ts';

const count = (number: number, one: string, other: string) => plural('en', number, { one, other });

export const english = {
  title: 'My pastes',
  needsScript:
    'This list needs JavaScript: it is stored only in your browser, and only a script can read it there. The server does not know which pastes are yours.',
  keptHere:
    'This list is stored in this browser only. Everyone who uses this browser can see it, and nobody else can. If you clear the data of this site, the list is lost.',
  empty: 'You have not shared anything from this browser yet.',
  share: 'Share something',
  filter: 'Filter',
  filterHint: 'Name, type or id',
  noMatch: 'No paste matches the filter.',
  shown: (number: number) => count(number, '# paste', '# pastes'),
  created: (when: string) => `created ${when}`,
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
  removeDetail: 'It is deleted from the server immediately, for everyone.',
  removed: (name: string) => `${name} is deleted.`,
  forget: 'Forget',
  forgetOf: (name: string) => `Forget ${name} in this browser`,
  forgetQuestion: (name: string) => `Forget ${name}?`,
  forgetDetail:
    'This only removes it from the list. The link works until it expires, and you can no longer delete it from here.',
  forgotten: (name: string) => `${name} was removed from the list.`,
  removeAll: 'Delete all',
  removeAllQuestion: (number: number) => count(number, 'Delete this paste?', 'Delete all # pastes?'),
  removeAllDetail: 'They are deleted from the server immediately, for everyone.',
  removedAll: 'All pastes were deleted.',
  someLeft: (number: number, reason: string) =>
    `${count(number, '# paste could not be deleted', '# pastes could not be deleted')}. ${reason}`,
  refused: 'The delete token is wrong. Use the token that was returned when the paste was created.',
  exportList: 'Export',
  importList: 'Import',
  imported: (number: number) => count(number, '# paste was added.', '# pastes were added.'),
  notImported: 'This file is not a list of pastes of this server. Choose a file that “Export” saved.',
  notKept: 'The browser could not store the list: its storage is full or disabled.',
  cancel: 'Cancel',
};

export type PastesMessages = typeof english;
