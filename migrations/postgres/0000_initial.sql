CREATE TABLE "account_traffic" (
	"account_id" text COLLATE "C" NOT NULL,
	"period" text NOT NULL,
	"requests" bigint NOT NULL,
	"bytes_in" bigint NOT NULL,
	"bytes_out" bigint NOT NULL,
	CONSTRAINT "account_traffic_account_id_period_pk" PRIMARY KEY("account_id","period")
);
--> statement-breakpoint
CREATE TABLE "accounts" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"name" text COLLATE "C",
	"plan" text NOT NULL,
	"email" text,
	"claim_hash" "bytea",
	"created_at" bigint NOT NULL,
	"expires_at" bigint,
	"files_bucket_id" text NOT NULL,
	"stored_bytes" bigint NOT NULL,
	"stored_objects" bigint NOT NULL,
	"reserved_bytes" bigint NOT NULL,
	"reserved_objects" bigint NOT NULL,
	CONSTRAINT "accounts_name_unique" UNIQUE("name"),
	CONSTRAINT "accounts_claim_hash_unique" UNIQUE("claim_hash")
);
--> statement-breakpoint
CREATE TABLE "banned_addresses" (
	"range" text COLLATE "C" PRIMARY KEY NOT NULL,
	"created_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "keys" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"account_id" text COLLATE "C" NOT NULL,
	"kind" text NOT NULL,
	"name" text,
	"prefix" text NOT NULL,
	"hash" "bytea" NOT NULL,
	"created_at" bigint NOT NULL,
	"last_used_at" bigint,
	"revoked_at" bigint,
	CONSTRAINT "keys_hash_unique" UNIQUE("hash")
);
--> statement-breakpoint
CREATE TABLE "plans" (
	"name" text COLLATE "C" PRIMARY KEY NOT NULL,
	"max_stored_bytes" bigint,
	"max_object_bytes" bigint,
	"max_objects" bigint,
	"lifetime" bigint
);
--> statement-breakpoint
CREATE TABLE "buckets" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"account_id" text COLLATE "C" NOT NULL,
	"name" text COLLATE "C",
	"created_at" bigint NOT NULL,
	"is_public" boolean DEFAULT false NOT NULL,
	"default_ttl" bigint,
	"object_count" bigint DEFAULT 0 NOT NULL,
	"size_bytes" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "buckets_name_unique" UNIQUE("name")
);
--> statement-breakpoint
CREATE TABLE "contents" (
	"n" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "contents_n_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"data" "bytea" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "objects" (
	"n" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "objects_n_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"id" text COLLATE "C" NOT NULL,
	"bucket_id" text COLLATE "C" NOT NULL,
	"account_id" text COLLATE "C" NOT NULL,
	"key" text COLLATE "C" NOT NULL,
	"public_id" text COLLATE "C",
	"name" text,
	"mime_type" text NOT NULL,
	"content_encoding" text,
	"is_public" boolean NOT NULL,
	"prefix" text COLLATE "C",
	"metadata" text,
	"tags" text[],
	"content_n" bigint,
	"blob_key" text,
	"is_text" boolean NOT NULL,
	"size" bigint NOT NULL,
	"etag" text NOT NULL,
	"digest" text,
	"created_at" bigint NOT NULL,
	"updated_at" bigint NOT NULL,
	"expires_at" bigint,
	"downloads" bigint NOT NULL,
	"last_download_at" bigint,
	CONSTRAINT "objects_id_unique" UNIQUE("id")
);
--> statement-breakpoint
CREATE TABLE "part_bookings" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"upload_id" text COLLATE "C" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "parts" (
	"owner_id" text COLLATE "C" NOT NULL,
	"number" integer NOT NULL,
	"blob_key" text,
	"size" bigint NOT NULL,
	"etag" text NOT NULL,
	CONSTRAINT "parts_owner_id_number_pk" PRIMARY KEY("owner_id","number")
);
--> statement-breakpoint
CREATE TABLE "uploads" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"bucket_id" text COLLATE "C" NOT NULL,
	"account_id" text COLLATE "C" NOT NULL,
	"key" text COLLATE "C" NOT NULL,
	"public_id" text COLLATE "C",
	"name" text,
	"mime_type" text NOT NULL,
	"content_encoding" text,
	"is_public" boolean NOT NULL,
	"prefix" text COLLATE "C",
	"metadata" text,
	"tags" text[],
	"content_n" bigint,
	"blob_key" text,
	"is_text" boolean NOT NULL,
	"declared_size" bigint NOT NULL,
	"object_expires_at" bigint,
	"object_ttl" bigint,
	"route" text,
	"created_at" bigint NOT NULL,
	"expires_at" bigint NOT NULL,
	"direct_key" text,
	"direct_upload_id" text,
	"part_size" bigint,
	"received_at" bigint
);
--> statement-breakpoint
CREATE TABLE "idempotency_records" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"fingerprint" text NOT NULL,
	"content_fingerprint" text,
	"holder" text NOT NULL,
	"lease_until" bigint NOT NULL,
	"expires_at" bigint NOT NULL,
	"answer" "bytea"
);
--> statement-breakpoint
CREATE TABLE "payloads_legacy" (
	"id" uuid PRIMARY KEY NOT NULL,
	"mime_type" text NOT NULL,
	"content" "bytea",
	"blob_key" text,
	"size" bigint NOT NULL,
	"is_text" boolean NOT NULL,
	"created_at" bigint NOT NULL,
	"expires_at" bigint NOT NULL,
	"reads_left" bigint,
	"delete_token_hash" "bytea",
	"name" text,
	"account_id" text
);
--> statement-breakpoint
CREATE TABLE "taken_reads" (
	"token" text PRIMARY KEY NOT NULL,
	"reads_left" bigint NOT NULL,
	"taken_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "blob_journal" (
	"key" text COLLATE "C" PRIMARY KEY NOT NULL,
	"purpose" text NOT NULL,
	"due_at" bigint NOT NULL,
	"attempts" integer NOT NULL,
	"remove_again_at" bigint,
	"direct_upload_id" text,
	"held_bytes" bigint DEFAULT 0 NOT NULL,
	"is_anonymous" boolean DEFAULT false NOT NULL
);
--> statement-breakpoint
CREATE TABLE "blocked_contents" (
	"hash" "bytea" PRIMARY KEY NOT NULL,
	"created_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "deployment" (
	"name" text COLLATE "C" PRIMARY KEY NOT NULL,
	"value" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "room_leases" (
	"kind" text NOT NULL,
	"holder" text COLLATE "C" NOT NULL,
	"bytes" bigint NOT NULL,
	"until" bigint NOT NULL,
	CONSTRAINT "room_leases_kind_holder_pk" PRIMARY KEY("kind","holder")
);
--> statement-breakpoint
CREATE TABLE "storage_counters" (
	"leaf" smallint NOT NULL,
	"shard" smallint NOT NULL,
	"inline_bytes" bigint NOT NULL,
	"inline_rows" bigint NOT NULL,
	"blob_bytes" bigint NOT NULL,
	"anonymous_bytes" bigint NOT NULL,
	CONSTRAINT "storage_counters_leaf_shard_pk" PRIMARY KEY("leaf","shard")
);
--> statement-breakpoint
CREATE TABLE "file_routes" (
	"account_id" text COLLATE "C" NOT NULL,
	"slug" text COLLATE "C" NOT NULL,
	"max_size" bigint NOT NULL,
	"types" text[] NOT NULL,
	"webhook_id" text COLLATE "C",
	"created_at" bigint NOT NULL,
	CONSTRAINT "file_routes_account_id_slug_pk" PRIMARY KEY("account_id","slug")
);
--> statement-breakpoint
CREATE TABLE "webhook_deliveries" (
	"n" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "webhook_deliveries_n_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"id" text COLLATE "C" NOT NULL,
	"webhook_id" text COLLATE "C" NOT NULL,
	"event" text NOT NULL,
	"subject" text COLLATE "C",
	"body" text NOT NULL,
	"status" text NOT NULL,
	"attempts" integer NOT NULL,
	"last_status" integer,
	"next_attempt_at" bigint,
	"created_at" bigint NOT NULL,
	CONSTRAINT "webhook_deliveries_id_unique" UNIQUE("id")
);
--> statement-breakpoint
CREATE TABLE "webhooks" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"account_id" text COLLATE "C" NOT NULL,
	"url" text NOT NULL,
	"events" text[],
	"active" boolean DEFAULT true NOT NULL,
	"created_at" bigint NOT NULL,
	"claimed_until" bigint
);
--> statement-breakpoint
ALTER TABLE "account_traffic" ADD CONSTRAINT "account_traffic_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "keys" ADD CONSTRAINT "keys_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "buckets" ADD CONSTRAINT "buckets_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "objects" ADD CONSTRAINT "objects_bucket_id_buckets_id_fk" FOREIGN KEY ("bucket_id") REFERENCES "public"."buckets"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "part_bookings" ADD CONSTRAINT "part_bookings_upload_id_uploads_id_fk" FOREIGN KEY ("upload_id") REFERENCES "public"."uploads"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "uploads" ADD CONSTRAINT "uploads_bucket_id_buckets_id_fk" FOREIGN KEY ("bucket_id") REFERENCES "public"."buckets"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "file_routes" ADD CONSTRAINT "file_routes_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "file_routes" ADD CONSTRAINT "file_routes_webhook_id_webhooks_id_fk" FOREIGN KEY ("webhook_id") REFERENCES "public"."webhooks"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "webhook_deliveries" ADD CONSTRAINT "webhook_deliveries_webhook_id_webhooks_id_fk" FOREIGN KEY ("webhook_id") REFERENCES "public"."webhooks"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "webhooks" ADD CONSTRAINT "webhooks_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "accounts_expires_at" ON "accounts" USING btree ("expires_at") WHERE "accounts"."expires_at" IS NOT NULL;--> statement-breakpoint
CREATE INDEX "keys_account_id" ON "keys" USING btree ("account_id");--> statement-breakpoint
CREATE INDEX "buckets_account_id_name" ON "buckets" USING btree ("account_id","name");--> statement-breakpoint
CREATE UNIQUE INDEX "objects_bucket_id_key" ON "objects" USING btree ("bucket_id","key");--> statement-breakpoint
CREATE INDEX "objects_bucket_id_n" ON "objects" USING btree ("bucket_id","n") WHERE "objects"."public_id" IS NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX "objects_public_id" ON "objects" USING btree ("public_id") WHERE "objects"."public_id" IS NOT NULL;--> statement-breakpoint
CREATE INDEX "objects_bucket_id_expires_at" ON "objects" USING btree ("bucket_id","expires_at","size") WHERE "objects"."expires_at" IS NOT NULL AND "objects"."public_id" IS NULL;--> statement-breakpoint
CREATE INDEX "objects_expires_at" ON "objects" USING btree ("expires_at") WHERE "objects"."expires_at" IS NOT NULL;--> statement-breakpoint
CREATE INDEX "part_bookings_upload_id" ON "part_bookings" USING btree ("upload_id");--> statement-breakpoint
CREATE INDEX "uploads_expires_at" ON "uploads" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "uploads_bucket_id" ON "uploads" USING btree ("bucket_id");--> statement-breakpoint
CREATE INDEX "idempotency_records_expires_at" ON "idempotency_records" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "payloads_legacy_expires_at" ON "payloads_legacy" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "taken_reads_taken_at" ON "taken_reads" USING btree ("taken_at");--> statement-breakpoint
CREATE INDEX "blob_journal_due_at" ON "blob_journal" USING btree ("due_at");--> statement-breakpoint
CREATE INDEX "file_routes_webhook_id" ON "file_routes" USING btree ("webhook_id");--> statement-breakpoint
CREATE INDEX "webhook_deliveries_due" ON "webhook_deliveries" USING btree ("webhook_id","next_attempt_at","n") WHERE "webhook_deliveries"."next_attempt_at" IS NOT NULL;--> statement-breakpoint
CREATE INDEX "webhook_deliveries_webhook_id" ON "webhook_deliveries" USING btree ("webhook_id","n");--> statement-breakpoint
CREATE INDEX "webhook_deliveries_subject" ON "webhook_deliveries" USING btree ("webhook_id","subject","n") WHERE "webhook_deliveries"."next_attempt_at" IS NOT NULL AND "webhook_deliveries"."subject" IS NOT NULL;--> statement-breakpoint
CREATE INDEX "webhook_deliveries_created_at" ON "webhook_deliveries" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "webhooks_account_id" ON "webhooks" USING btree ("account_id");--> statement-breakpoint
CREATE INDEX "webhooks_hidden" ON "webhooks" USING btree ("id") WHERE "webhooks"."events" IS NULL AND NOT "webhooks"."active";