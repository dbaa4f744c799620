"""The tables of the chat model, as the oracles expect to find them."""

TABLES = {
    "users": {
        "id": "UUID",
        "username": "VARCHAR",
        "email": "VARCHAR",
        "displayName": "VARCHAR",
        "createdAt": "TIMESTAMPTZ",
        "updatedAt": "TIMESTAMPTZ",
    },
    "conversations": {
        "id": "UUID",
        "type": "VARCHAR",
        "title": "VARCHAR",
        "createdById": "UUID",
        "createdAt": "TIMESTAMPTZ",
        "updatedAt": "TIMESTAMPTZ",
        "messageCount": "BIGINT",
    },
    "conversation_users": {
        "id": "UUID",
        "conversationId": "UUID",
        "userId": "UUID",
        "role": "VARCHAR",
        "joinedAt": "TIMESTAMPTZ",
        "lastReadAt": "TIMESTAMPTZ",
        "isActive": "BOOLEAN",
    },
    "messages": {
        "id": "UUID",
        "conversationId": "UUID",
        "senderId": "UUID",
        "type": "VARCHAR",
        "content": "VARCHAR",
        "replyToId": "UUID",
        "createdAt": "TIMESTAMPTZ",
        "updatedAt": "TIMESTAMPTZ",
    },
    "attachments": {
        "id": "UUID",
        "messageId": "UUID",
        "fileName": "VARCHAR",
        "mimeType": "VARCHAR",
        "sizeBytes": "BIGINT",
        "createdAt": "TIMESTAMPTZ",
    },
    "message_reads": {
        "id": "UUID",
        "messageId": "UUID",
        "userId": "UUID",
        "readAt": "TIMESTAMPTZ",
    },
}
