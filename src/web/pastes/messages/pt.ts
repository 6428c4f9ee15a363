import { plural } from '../../shell/text/plural.ts';
import type { PastesMessages } from './en.ts';

const count = (number: number, one: string, other: string) => plural('pt', number, { one, other });

export const portuguese: PastesMessages = {
  title: 'Meus envios',
  needsScript:
    'Sem JavaScript esta lista fica vazia: o que ela mostra está guardado apenas no seu navegador, e só um script consegue lê-lo. O servidor não sabe o que é seu.',
  keptHere:
    'Esta lista fica guardada apenas neste navegador. Quem o usa pode vê-la, e mais ninguém; apagar os dados deste site faz com que se perca.',
  empty: 'Nada foi compartilhado deste navegador ainda.',
  share: 'Compartilhar algo',
  filter: 'Filtrar',
  filterHint: 'Nome, tipo ou id',
  noMatch: 'Nada na lista corresponde.',
  shown: (number) => count(number, '# envio', '# envios'),
  created: (when) => `criado ${when}`,
  left: (span) => `faltam ${span}`,
  gone: 'Já não existe',
  encrypted: 'Criptografado',
  reads: (number) => count(number, 'uma leitura', '# leituras'),
  readsLeft: (number) => count(number, 'resta uma leitura', 'restam # leituras'),
  copyLink: (name) => `Copiar o link de ${name}`,
  qr: 'Código QR',
  qrOf: (name) => `Código QR de ${name}`,
  qrLabel: 'Código QR do link',
  remove: 'Excluir',
  removeOf: (name) => `Excluir ${name}`,
  removeQuestion: (name) => `Excluir ${name}?`,
  removeDetail: 'Desaparecerá do servidor imediatamente, para todos.',
  removed: (name) => `${name} foi excluído.`,
  forget: 'Esquecer',
  forgetOf: (name) => `Esquecer ${name}, só aqui`,
  forgetQuestion: (name) => `Esquecer ${name}?`,
  forgetDetail:
    'Apenas sai desta lista. O link funciona até o fim do prazo e já não poderá ser excluído daqui.',
  forgotten: (name) => `${name} saiu da lista.`,
  removeAll: 'Excluir tudo',
  removeAllQuestion: (number) => count(number, 'Excluir o único envio?', 'Excluir todos os # envios?'),
  removeAllDetail: 'Desaparecerão do servidor imediatamente, para todos.',
  removedAll: 'Tudo foi excluído.',
  someLeft: (number, reason) =>
    `${count(number, 'Não foi possível excluir # envio', 'Não foi possível excluir # envios')}. ${reason}`,
  refused: 'O token de exclusão não é o correto.',
  exportList: 'Exportar',
  importList: 'Importar',
  imported: (number) => count(number, '# envio foi adicionado.', '# envios foram adicionados.'),
  notImported: 'Este arquivo não é uma lista de envios deste servidor.',
  notKept: 'O navegador não tem espaço ou não pode guardar nada.',
  cancel: 'Cancelar',
};
