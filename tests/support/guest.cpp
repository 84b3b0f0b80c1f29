// support/guest.cpp - see guest.h. Source: IBM's BIOS interface, int 13h with packets; ACPI's PM1 registers,
// where QEMU's PC has them.
#include "support/guest.h"

#include <cstddef>

namespace {
constexpr std::size_t kSectorBytes = 512;
constexpr std::size_t kBehaviour = 508;  // the byte that says which guest it is
}  // namespace

// Addresses are those at which a BIOS loads it: AT(label). One sector of the disk lies at 0x8000.
#define AT(label) "(" #label " - argosy_test_guest + 0x7c00)"
asm(R"(
  .pushsection .rodata
  .balign 16
argosy_test_guest:
  .code16
  xorw %ax, %ax
  movw %ax, %ds
  movw %ax, %es
  movw %ax, %ss
  movw $0x7c00, %sp
  cld
  sti
  movb %dl, )" AT(.Ldrive) R"(

  movl $1, )" AT(.Lsector) R"(
  movb $0x42, %ah
  call .Ldisk
  incb 0x8000
  movb $0x43, %ah
  call .Ldisk
  movzbl 0x8000, %eax
  shll $11, %eax
  movl %eax, )" AT(.Lsector) R"(
  movb $0x43, %ah
  call .Ldisk

  movw $)" AT(.Lhello) R"(, %si
1:
  lodsb
  call .Lput
  cmpb $' ', %al
  jne 1b
  movb 0x8000, %al
  addb $'0', %al
  call .Lput
  movb $'\n', %al
  call .Lput

  movw $0x602, %dx              # the power button is noticed
  movw $0x100, %ax
  outw %ax, %dx
  movl $4104, )" AT(.Lsector) R"(
  cmpb $0, )" AT(.Lbehaviour) R"(
  jne .Loff
.Lloop:
  hlt
  movw $0x600, %dx
  inw %dx, %ax
  testb $1, %ah
  jnz .Loff
  movb $0x42, %ah
  call .Ldisk
  jc .Lloop
  incl )" AT(.Lsector) R"(
  movb 0x8000, %al
  call .Lput
  jmp .Lloop

.Loff:
  movw $0x604, %dx
  movw $0x2000, %ax
  outw %ax, %dx
2:
  hlt
  jmp 2b

.Ldisk:
  movb )" AT(.Ldrive) R"(, %dl
  movw $)" AT(.Lpacket) R"(, %si
  int $0x13
  jnc 3f
  movb $'!', %al
  call .Lput
  stc
3:
  ret
.Lput:
  movw $0x3f8, %dx
  outb %al, %dx
  ret

.Lhello:
  .ascii "boot "
.Ldrive:
  .byte 0
.Lpacket:
  .byte 16, 0
  .word 1
  .word 0x8000, 0
.Lsector:
  .long 0, 0
  .org argosy_test_guest + 508
.Lbehaviour:
  .byte 0, 0
  .word 0xaa55
  .popsection
  .code64
)");
#undef AT
extern "C" char const argosy_test_guest[kSectorBytes];

namespace argosy::tests {

std::string boot_sector(Guest guest) {
  std::string sector(static_cast<char const*>(argosy_test_guest), kSectorBytes);
  sector[kBehaviour] = guest == Guest::turns_itself_off ? '\1' : '\0';
  return sector;
}

}  // namespace argosy::tests
