import type { Language } from './language.ts';
import { plural } from './plural.ts';

type ErrorMessages = typeof english;

const seconds = (language: Language, count: number, one: string, other: string) =>
  plural(language, count, { one, other });

const english = {
  away: 'The server does not respond. Check your connection and try again.',
  unauthorized: 'The server does not accept this key: it is wrong, or it was revoked.',
  forbidden: 'This key does not have permission to do this.',
  tooMany: (wait: number) =>
    `Too many requests. Try again in ${seconds('en', wait, '# second', '# seconds')}.`,
  noRoom: 'The server has no storage left. Try again later.',
  gone: 'It no longer exists.',
  fault: 'The server had an internal error. Try again later.',
  /** `message` is the server's, and in English. */
  other: (message: string) => `The request failed: ${message}`,
};

/** The errors that any request to the server can end with. */
export const errorMessages: Record<Language, ErrorMessages> = {
  en: english,
  de: {
    away: 'Der Server antwortet nicht. Versuchen Sie es wieder, wenn die Verbindung zurück ist.',
    unauthorized: 'Der Server kennt diesen Schlüssel nicht: Er ist falsch oder wurde widerrufen.',
    forbidden: 'Der Schlüssel erlaubt das nicht.',
    tooMany: (wait) =>
      `Zu viele Anfragen. Wieder möglich in ${seconds('de', wait, '# Sekunde', '# Sekunden')}.`,
    noRoom: 'Der Server hat keinen Speicherplatz mehr. Versuchen Sie es später noch einmal.',
    gone: 'Es ist nicht mehr da.',
    fault: 'Im Server ist etwas schiefgegangen. Versuchen Sie es später noch einmal.',
    other: (message) => `Die Anfrage ist fehlgeschlagen: ${message}`,
  },
  es: {
    away: 'El servidor no responde. Inténtelo de nuevo cuando vuelva la conexión.',
    unauthorized: 'El servidor no conoce esta clave: es incorrecta o fue revocada.',
    forbidden: 'La clave no permite hacer esto.',
    tooMany: (wait) =>
      `Demasiadas peticiones. Inténtelo de nuevo en ${seconds('es', wait, '# segundo', '# segundos')}.`,
    noRoom: 'Al servidor no le queda espacio. Inténtelo de nuevo más tarde.',
    gone: 'Ya no está ahí.',
    fault: 'Algo ha fallado en el servidor. Inténtelo de nuevo más tarde.',
    other: (message) => `La petición ha fallado: ${message}`,
  },
  fr: {
    away: 'Le serveur ne répond pas. Réessayez quand la connexion sera rétablie.',
    unauthorized: 'Le serveur ne connaît pas cette clé : elle est fausse ou a été révoquée.',
    forbidden: 'La clé ne permet pas de faire cela.',
    tooMany: (wait) => `Trop de requêtes. Réessayez dans ${seconds('fr', wait, '# seconde', '# secondes')}.`,
    noRoom: 'Le serveur n’a plus de place. Réessayez plus tard.',
    gone: 'Cela n’existe plus.',
    fault: 'Une erreur s’est produite dans le serveur. Réessayez plus tard.',
    other: (message) => `La requête a échoué : ${message}`,
  },
  ja: {
    away: 'サーバーが応答しません。接続が戻ってからもう一度お試しください。',
    unauthorized: 'サーバーはこのキーを認識できません。誤っているか、取り消されています。',
    forbidden: 'このキーではこの操作はできません。',
    tooMany: (wait) => `リクエストが多すぎます。${wait} 秒後にもう一度お試しください。`,
    noRoom: 'サーバーに空きがありません。後でもう一度お試しください。',
    gone: 'すでにありません。',
    fault: 'サーバーで問題が発生しました。後でもう一度お試しください。',
    other: (message) => `リクエストに失敗しました：${message}`,
  },
  pt: {
    away: 'O servidor não responde. Tente de novo quando a conexão voltar.',
    unauthorized: 'O servidor não conhece esta chave: está errada ou foi revogada.',
    forbidden: 'A chave não permite fazer isto.',
    tooMany: (wait) =>
      `Solicitações demais. Tente de novo em ${seconds('pt', wait, '# segundo', '# segundos')}.`,
    noRoom: 'O servidor não tem mais espaço. Tente de novo mais tarde.',
    gone: 'Não está mais lá.',
    fault: 'Algo deu errado no servidor. Tente de novo mais tarde.',
    other: (message) => `A solicitação falhou: ${message}`,
  },
};
