"""The pipeline from Zoho CRM to the chief executive's phone and the sales head's desk."""

import os

# OpenBLAS, which numpy and scipy bring, takes memory for each of its threads while it is loaded,
# and where there is none it asks again for ever. Forecasts are computed in one thread anyway.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
