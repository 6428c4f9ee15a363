import { plural } from '../../shell/text/plural.ts';
import type { PastesMessages } from './en.ts';

const count = (number: number, one: string, other: string) => plural('fr', number, { one, other });

export const french: PastesMessages = {
  title: 'Mes envois',
  needsScript:
    'Sans JavaScript, cette liste est vide : son contenu n’est conservé que dans votre navigateur, et seul un script peut l’y lire. Le serveur ignore ce qui est à vous.',
  keptHere:
    'Cette liste n’est conservée que dans ce navigateur. Quiconque l’utilise peut la voir, personne d’autre ; effacer les données de ce site la fait perdre.',
  empty: 'Rien n’a encore été partagé depuis ce navigateur.',
  share: 'Partager quelque chose',
  filter: 'Filtrer',
  filterHint: 'Nom, type ou identifiant',
  noMatch: 'Rien ne correspond dans la liste.',
  shown: (number) => count(number, '# envoi', '# envois'),
  created: (when) => `créé ${when}`,
  left: (span) => `encore ${span}`,
  gone: 'Disparu',
  encrypted: 'Chiffré',
  reads: (number) => count(number, 'une lecture', '# lectures'),
  readsLeft: (number) => count(number, 'encore une lecture', 'encore # lectures'),
  copyLink: (name) => `Copier le lien de ${name}`,
  qr: 'Code QR',
  qrOf: (name) => `Code QR de ${name}`,
  qrLabel: 'Code QR du lien',
  remove: 'Supprimer',
  removeOf: (name) => `Supprimer ${name}`,
  removeQuestion: (name) => `Supprimer ${name} ?`,
  removeDetail: 'L’envoi disparaîtra aussitôt du serveur, pour tout le monde.',
  removed: (name) => `${name} est supprimé.`,
  forget: 'Oublier',
  forgetOf: (name) => `Oublier ${name}, ici seulement`,
  forgetQuestion: (name) => `Oublier ${name} ?`,
  forgetDetail:
    'L’envoi quitte seulement cette liste. Le lien reste valable jusqu’à son terme, et il ne pourra plus être supprimé d’ici.',
  forgotten: (name) => `${name} n’est plus dans la liste.`,
  removeAll: 'Tout supprimer',
  removeAllQuestion: (number) => count(number, 'Supprimer le seul envoi ?', 'Supprimer les # envois ?'),
  removeAllDetail: 'Ils disparaîtront aussitôt du serveur, pour tout le monde.',
  removedAll: 'Tout est supprimé.',
  someLeft: (number, reason) =>
    `${count(number, '# envoi n’a pas pu être supprimé', '# envois n’ont pas pu être supprimés')}. ${reason}`,
  refused: 'Le jeton de suppression n’est pas le bon.',
  exportList: 'Exporter',
  importList: 'Importer',
  imported: (number) => count(number, '# envoi a été ajouté.', '# envois ont été ajoutés.'),
  notImported: 'Ce fichier n’est pas une liste d’envois de ce serveur.',
  notKept: 'Le navigateur n’a pas de place ou ne peut rien conserver.',
  cancel: 'Annuler',
};
