import Testing

/// The tests with real processes. One after the other: each of them has a lab to itself.
@Suite("Real processes", .serialized)
enum LabSuite {}
