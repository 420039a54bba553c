/// FNV-1a with 64 bits (Fowler, Noll, Vo), for long contents that a test pins: nobody attacks a
/// test, and this module's tests need no cryptography.
func checksum(_ bytes: some Sequence<UInt8>) -> UInt64 {
    bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
}
