import { plural } from '../../shell/text/plural.ts';
import type { PastesMessages } from './en.ts';

const count = (number: number, one: string, other: string) => plural('es', number, { one, other });

export const spanish: PastesMessages = {
  title: 'Mis envíos',
  needsScript:
    'Sin JavaScript esta lista está vacía: lo que muestra se guarda solo en su navegador y únicamente un script puede leerlo. El servidor no sabe qué es suyo.',
  keptHere:
    'Esta lista se guarda solo en este navegador. La ve quien lo use y nadie más; si se borran los datos de este sitio, se pierde.',
  empty: 'Todavía no se ha compartido nada desde este navegador.',
  share: 'Compartir algo',
  filter: 'Filtrar',
  filterHint: 'Nombre, tipo o id',
  noMatch: 'Nada en la lista coincide.',
  shown: (number) => count(number, '# envío', '# envíos'),
  created: (when) => `creado ${when}`,
  left: (span) => `quedan ${span}`,
  gone: 'Ya no existe',
  encrypted: 'Cifrado',
  reads: (number) => count(number, 'una lectura', '# lecturas'),
  readsLeft: (number) => count(number, 'queda una lectura', 'quedan # lecturas'),
  copyLink: (name) => `Copiar el enlace de ${name}`,
  qr: 'Código QR',
  qrOf: (name) => `Código QR de ${name}`,
  qrLabel: 'Código QR del enlace',
  remove: 'Eliminar',
  removeOf: (name) => `Eliminar ${name}`,
  removeQuestion: (name) => `¿Eliminar ${name}?`,
  removeDetail: 'Desaparecerá del servidor de inmediato y para todos.',
  removed: (name) => `Se ha eliminado ${name}.`,
  forget: 'Olvidar',
  forgetOf: (name) => `Olvidar ${name}, solo aquí`,
  forgetQuestion: (name) => `¿Olvidar ${name}?`,
  forgetDetail:
    'Solo sale de esta lista. El enlace funciona hasta que se cumpla su plazo y desde aquí ya no se podrá eliminar.',
  forgotten: (name) => `${name} ya no está en la lista.`,
  removeAll: 'Eliminar todo',
  removeAllQuestion: (number) => count(number, '¿Eliminar el único envío?', '¿Eliminar los # envíos?'),
  removeAllDetail: 'Desaparecerán del servidor de inmediato y para todos.',
  removedAll: 'Se ha eliminado todo.',
  someLeft: (number, reason) =>
    `${count(number, 'No se pudo eliminar # envío', 'No se pudieron eliminar # envíos')}. ${reason}`,
  refused: 'El token de eliminación no es el correcto.',
  exportList: 'Exportar',
  importList: 'Importar',
  imported: (number) => count(number, 'Se ha añadido # envío.', 'Se han añadido # envíos.'),
  notImported: 'Este archivo no es una lista de envíos de este servidor.',
  notKept: 'El navegador no tiene espacio o no puede guardar nada.',
  cancel: 'Cancelar',
};
