import type { Language } from './language.ts';
import { plural } from './plural.ts';

type ProblemMessages = typeof english;

const seconds = (language: Language, count: number, one: string, other: string) =>
  plural(language, count, { one, other });

const english = {
  away: 'The server does not answer. Try again when the connection is back.',
  unauthorized: 'The server does not know this key: it is wrong, or it was revoked.',
  forbidden: 'The key may not do this.',
  tooMany: (wait: number) => `Too many calls. Try again in ${seconds('en', wait, '# second', '# seconds')}.`,
  noRoom: 'The server has no room left.',
  gone: 'It is not there any more.',
  fault: 'Something went wrong in the server. Try again later.',
  /** What the server said, in its own language. */
  other: (message: string) => `That did not work: ${message}`,
};

/** What can go wrong with any call of the server. */
export const problemMessages: Record<Language, ProblemMessages> = {
  en: english,
  de: {
    away: 'Der Server antwortet nicht. Versuchen Sie es wieder, wenn die Verbindung zurück ist.',
    unauthorized: 'Der Server kennt diesen Schlüssel nicht: Er ist falsch oder wurde widerrufen.',
    forbidden: 'Der Schlüssel erlaubt das nicht.',
    tooMany: (wait) =>
      `Zu viele Anfragen. Wieder möglich in ${seconds('de', wait, '# Sekunde', '# Sekunden')}.`,
    noRoom: 'Der Server hat keinen Platz mehr.',
    gone: 'Es ist nicht mehr da.',
    fault: 'Im Server ist etwas schiefgegangen. Versuchen Sie es später noch einmal.',
    other: (message) => `Das ging nicht: ${message}`,
  },
  es: {
    away: 'El servidor no responde. Inténtelo de nuevo cuando vuelva la conexión.',
    unauthorized: 'El servidor no conoce esta clave: es incorrecta o fue revocada.',
    forbidden: 'La clave no permite hacer esto.',
    tooMany: (wait) =>
      `Demasiadas peticiones. Inténtelo de nuevo en ${seconds('es', wait, '# segundo', '# segundos')}.`,
    noRoom: 'Al servidor no le queda espacio.',
    gone: 'Ya no está ahí.',
    fault: 'Algo ha fallado en el servidor. Inténtelo de nuevo más tarde.',
    other: (message) => `No ha funcionado: ${message}`,
  },
  fr: {
    away: 'Le serveur ne répond pas. Réessayez quand la connexion sera rétablie.',
    unauthorized: 'Le serveur ne connaît pas cette clé : elle est fausse ou a été révoquée.',
    forbidden: 'La clé ne permet pas de faire cela.',
    tooMany: (wait) => `Trop de requêtes. Réessayez dans ${seconds('fr', wait, '# seconde', '# secondes')}.`,
    noRoom: 'Le serveur n’a plus de place.',
    gone: 'Cela n’existe plus.',
    fault: 'Une erreur s’est produite dans le serveur. Réessayez plus tard.',
    other: (message) => `Cela n’a pas fonctionné : ${message}`,
  },
  ja: {
    away: 'サーバーが応答しません。接続が戻ってからもう一度お試しください。',
    unauthorized: 'サーバーはこのキーを認識できません。誤っているか、取り消されています。',
    forbidden: 'このキーではこの操作はできません。',
    tooMany: (wait) => `リクエストが多すぎます。${wait} 秒後にもう一度お試しください。`,
    noRoom: 'サーバーに空きがありません。',
    gone: 'すでにありません。',
    fault: 'サーバーで問題が発生しました。後でもう一度お試しください。',
    other: (message) => `できませんでした：${message}`,
  },
  pt: {
    away: 'O servidor não responde. Tente de novo quando a conexão voltar.',
    unauthorized: 'O servidor não conhece esta chave: está errada ou foi revogada.',
    forbidden: 'A chave não permite fazer isto.',
    tooMany: (wait) =>
      `Solicitações demais. Tente de novo em ${seconds('pt', wait, '# segundo', '# segundos')}.`,
    noRoom: 'O servidor não tem mais espaço.',
    gone: 'Não está mais lá.',
    fault: 'Algo deu errado no servidor. Tente de novo mais tarde.',
    other: (message) => `Não funcionou: ${message}`,
  },
};
