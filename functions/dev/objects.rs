//! The objects of one bucket, and what S3 says of reading and writing them.

use crate::preview::{Folder, FolderError};
use async_trait::async_trait;
use hyper::body::Bytes;
use s3s::{
    Body, S3, S3Error, S3ErrorCode, S3Request, S3Response, S3Result,
    crypto::{Checksum, Md5},
    dto::{
        DeleteObjectInput, DeleteObjectOutput, ETag, ETagCondition, GetObjectInput, GetObjectOutput, HeadObjectInput,
        HeadObjectOutput, ListObjectsV2Input, ListObjectsV2Output, Metadata, Object, PutObjectInput, PutObjectOutput,
        Timestamp,
    },
    s3_error,
};
use std::{
    collections::BTreeMap,
    ops::Bound,
    sync::{Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

/// The most bytes of an object.
const MAX_BODY: usize = 8 * 1024 * 1024;

/// The most bytes of an object's user metadata, as on AWS.
const MAX_METADATA: usize = 2048;

/// The most objects of one page of a listing, as on AWS.
const MAX_PAGE: usize = 1000;

/// One bucket in memory, with a copy of each object in a folder where there is one.
#[derive(Debug)]
pub(super) struct Objects {
    bucket: String,
    folder: Option<Folder>,
    stored: Mutex<BTreeMap<String, Stored>>,
}

#[derive(Debug, Clone)]
struct Stored {
    bytes: Bytes,
    etag: ETag,
    content_type: Option<String>,
    metadata: Option<Metadata>,
    modified: Timestamp,
}

impl Objects {
    pub(super) fn new(bucket: &str, folder: Option<Folder>) -> Self {
        Self { bucket: bucket.to_owned(), folder, stored: Mutex::default() }
    }

    /// The objects, locked: a condition and the write that depends on it are one step, the file included.
    fn of(&self, bucket: &str) -> S3Result<MutexGuard<'_, BTreeMap<String, Stored>>> {
        if bucket != self.bucket {
            return Err(s3_error!(NoSuchBucket, "there is only the bucket {}", self.bucket));
        }
        Ok(self.stored.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn read(
        &self,
        bucket: &str,
        key: &str,
        is: Option<&ETagCondition>,
        is_not: Option<&ETagCondition>,
    ) -> S3Result<Stored> {
        let object = self.of(bucket)?.get(key).cloned().ok_or_else(|| s3_error!(NoSuchKey))?;
        if is.is_some_and(|condition| !names(condition, &object.etag)) {
            return Err(s3_error!(PreconditionFailed));
        }
        if is_not.is_some_and(|condition| names(condition, &object.etag)) {
            return Err(s3_error!(NotModified));
        }
        Ok(object)
    }
}

fn names(condition: &ETagCondition, etag: &ETag) -> bool {
    match condition {
        ETagCondition::Any => true,
        ETagCondition::ETag(asked) => asked.weak_cmp(etag),
    }
}

impl From<FolderError> for S3Error {
    fn from(error: FolderError) -> Self {
        let code = match error {
            FolderError::Key(_) => S3ErrorCode::InvalidArgument,
            FolderError::File { .. } => S3ErrorCode::InternalError,
        };
        Self::with_message(code, error.to_string())
    }
}

#[async_trait]
impl S3 for Objects {
    async fn head_object(&self, request: S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
        let HeadObjectInput { bucket, key, if_match, if_none_match, .. } = request.input;
        let object = self.read(&bucket, &key, if_match.as_ref(), if_none_match.as_ref())?;
        Ok(S3Response::new(HeadObjectOutput {
            content_length: i64::try_from(object.bytes.len()).ok(),
            content_type: object.content_type,
            e_tag: Some(object.etag),
            last_modified: Some(object.modified),
            metadata: object.metadata,
            ..Default::default()
        }))
    }

    async fn get_object(&self, request: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        let GetObjectInput { bucket, key, if_match, if_none_match, .. } = request.input;
        let object = self.read(&bucket, &key, if_match.as_ref(), if_none_match.as_ref())?;
        Ok(S3Response::new(GetObjectOutput {
            content_length: i64::try_from(object.bytes.len()).ok(),
            body: Some(Body::from(object.bytes).into()),
            content_type: object.content_type,
            e_tag: Some(object.etag),
            last_modified: Some(object.modified),
            metadata: object.metadata,
            ..Default::default()
        }))
    }

    async fn put_object(&self, request: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        let PutObjectInput { bucket, key, body, content_type, metadata, if_match, if_none_match, .. } = request.input;
        let size: usize = metadata.iter().flatten().map(|(key, value)| key.len() + value.len()).sum();
        if size > MAX_METADATA {
            return Err(s3_error!(MetadataTooLarge, "the metadata has {size} bytes, {MAX_METADATA} are allowed"));
        }
        let mut body = body.map_or_else(Body::empty, Body::from);
        let read = body.store_all_limited(MAX_BODY).await;
        let bytes = read.map_err(|error| {
            s3_error!(InvalidRequest, "failed to read the body, of at most {MAX_BODY} bytes: {error}")
        })?;
        let etag = ETag::Strong(Md5::checksum(&bytes).iter().map(|byte| format!("{byte:02x}")).collect());
        let mut objects = self.of(&bucket)?;
        match (objects.get(&key), if_match, if_none_match) {
            (_, _, Some(ETagCondition::ETag(_))) => return Err(s3_error!(NotImplemented, "write If-None-Match: *")),
            (Some(_), _, Some(ETagCondition::Any)) => return Err(s3_error!(PreconditionFailed)),
            (Some(object), Some(condition), None) if !names(&condition, &object.etag) => {
                return Err(s3_error!(PreconditionFailed));
            }
            (None, Some(_), _) => return Err(s3_error!(NoSuchKey)),
            _ => {}
        }
        if let Some(folder) = &self.folder {
            folder.put(&key, &bytes)?;
        }
        let modified = Timestamp::from(SystemTime::now());
        objects.insert(key, Stored { bytes, etag: etag.clone(), content_type, metadata, modified });
        Ok(S3Response::new(PutObjectOutput { e_tag: Some(etag), ..Default::default() }))
    }

    async fn delete_object(&self, request: S3Request<DeleteObjectInput>) -> S3Result<S3Response<DeleteObjectOutput>> {
        let DeleteObjectInput { bucket, key, if_match, .. } = request.input;
        let mut objects = self.of(&bucket)?;
        let object = objects.get(&key);
        if if_match.is_some_and(|condition| !object.is_some_and(|object| names(&condition, &object.etag))) {
            return Err(s3_error!(PreconditionFailed));
        }
        if let Some(folder) = &self.folder {
            folder.delete(&key)?;
        }
        objects.remove(&key);
        Ok(S3Response::new(DeleteObjectOutput::default()))
    }

    async fn list_objects_v2(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        let ListObjectsV2Input { bucket, prefix, delimiter, max_keys, continuation_token, start_after, .. } =
            request.input;
        if delimiter.is_some() {
            return Err(s3_error!(NotImplemented, "this endpoint lists without delimiter"));
        }
        let objects = self.of(&bucket)?;
        let under = prefix.clone().unwrap_or_default();
        let limit = max_keys.map_or(MAX_PAGE, |keys| usize::try_from(keys).unwrap_or_default().min(MAX_PAGE));
        // The token is the last key of the page before.
        let after = continuation_token.as_ref().or(start_after.as_ref()).filter(|after| **after >= under);
        let from = after.map_or(Bound::Included(&under), Bound::Excluded);
        let mut found =
            objects.range::<String, _>((from, Bound::Unbounded)).take_while(|(key, _)| key.starts_with(&under));
        let contents: Vec<_> = found.by_ref().take(limit).map(listed).collect();
        let more = limit > 0 && found.next().is_some();
        Ok(S3Response::new(ListObjectsV2Output {
            next_continuation_token: contents.last().and_then(|last| last.key.clone()).filter(|_| more),
            key_count: i32::try_from(contents.len()).ok(),
            contents: Some(contents),
            is_truncated: Some(more),
            max_keys: i32::try_from(limit).ok(),
            name: Some(bucket),
            continuation_token,
            prefix,
            ..Default::default()
        }))
    }
}

fn listed((key, object): (&String, &Stored)) -> Object {
    Object {
        key: Some(key.clone()),
        e_tag: Some(object.etag.clone()),
        last_modified: Some(object.modified.clone()),
        size: i64::try_from(object.bytes.len()).ok(),
        ..Default::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request<T>(input: T) -> S3Request<T> {
        S3Request {
            input,
            method: Default::default(),
            uri: Default::default(),
            headers: Default::default(),
            extensions: Default::default(),
            credentials: None,
            region: None,
            service: None,
            trailing_headers: None,
        }
    }

    async fn bucket_of(keys: &[&str]) -> Objects {
        let objects = Objects::new("catalog", None);
        for key in keys {
            let body = Some(Body::from("abc".to_owned()).into());
            let input = PutObjectInput { bucket: "catalog".into(), key: (*key).into(), body, ..Default::default() };
            objects.put_object(request(input)).await.unwrap();
        }
        objects
    }

    fn etag(text: &str) -> Option<ETagCondition> {
        Some(ETagCondition::ETag(ETag::Strong(text.into())))
    }

    #[tokio::test]
    async fn a_reader_is_answered_what_it_already_has() {
        let objects = bucket_of(&["a"]).await;
        let current = "900150983cd24fb0d6963f7d28e17f72";
        let status = async |if_match, if_none_match| {
            let asked = GetObjectInput {
                bucket: "catalog".into(),
                key: "a".into(),
                if_match,
                if_none_match,
                ..Default::default()
            };
            objects.get_object(request(asked)).await.err().and_then(|error| error.status_code()).map(|it| it.as_u16())
        };
        assert_eq!(status(etag(current), None).await, None);
        assert_eq!(status(etag("other"), None).await, Some(412));
        assert_eq!(status(None, etag("other")).await, None);
        assert_eq!(status(None, etag(current)).await, Some(304));
    }

    #[tokio::test]
    async fn a_listing_begins_where_it_is_asked_to() {
        let objects = bucket_of(&["a/1", "b/1", "b/2", "b/3", "c/1"]).await;
        let list = async |max_keys, start_after: Option<&str>, token: Option<&str>| {
            let asked = ListObjectsV2Input {
                bucket: "catalog".into(),
                prefix: Some("b/".into()),
                max_keys,
                start_after: start_after.map(Into::into),
                continuation_token: token.map(Into::into),
                ..Default::default()
            };
            let page = objects.list_objects_v2(request(asked)).await.unwrap().output;
            let keys: Vec<_> = page.contents.into_iter().flatten().filter_map(|object| object.key).collect();
            (keys.join(" "), page.next_continuation_token)
        };
        assert_eq!(list(None, None, None).await, ("b/1 b/2 b/3".into(), None));
        assert_eq!(list(Some(2), None, None).await, ("b/1 b/2".into(), Some("b/2".into())));
        assert_eq!(list(Some(2), None, Some("b/2")).await, ("b/3".into(), None));
        assert_eq!(list(None, Some("a/1"), None).await, ("b/1 b/2 b/3".into(), None));
        assert_eq!(list(None, Some("b/1"), None).await, ("b/2 b/3".into(), None));
        assert_eq!(list(None, Some("c"), None).await, (String::new(), None));
        assert_eq!(list(Some(0), None, None).await, (String::new(), None));
    }
}
