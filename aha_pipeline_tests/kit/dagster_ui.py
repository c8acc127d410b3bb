"""What tests and the walk ask the Dagster UI."""

# The assets, how the runs ended, and whether the schedules are on.
GRAPH = """{
  assetNodes { assetKey { path } }
  runsOrError { ... on Runs { results { jobName status } } }
  schedulesOrError(repositorySelector: {
    repositoryName: "__repository__", repositoryLocationName: "aha_pipeline"
  }) { ... on Schedules { results { name scheduleState { status } } } }
}"""
