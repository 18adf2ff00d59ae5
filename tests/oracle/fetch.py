"""Downloads every object of the bucket.

    fetch.py OUT_DIR
"""

import os
import sys
from pathlib import Path

import boto3


def main(folder):
    bucket = os.environ["OUTPUT_BUCKET"]
    client = boto3.client("s3", region_name=os.environ.get("AWS_REGION", "us-east-1"))
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for entry in page.get("Contents", []):
            path = Path(folder, entry["Key"])
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(client.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read())


if __name__ == "__main__":
    main(sys.argv[1])
